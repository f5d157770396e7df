"""Every format shows its lines as they were sent, by the number that the ledger counts them by."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from orchestration.contracts.model import Contract, Mapping
from orchestration.ingest import as_sent
from orchestration.ingest.as_sent import lines_as_sent, pseudonymised_lines
from orchestration.landing.store import keep, stage, unpack
from orchestration.settings import Settings
from tests.unit.ingest.edifact_samples.interchange import edifact_contract, interchange, sale, sales
from tests.unit.ingest.feeds import SELL_OUT, deliver, lines, sell_out_contract, take_in
from tests.unit.ingest.json_feeds import json_contract
from tests.unit.ingest.workbooks import workbook, xlsx_contract
from tests.unit.ingest.x12_files import WEEK, file_of, x12_contract

CSV = 'préambule\r\nCode;Jour;Qté;CA\r\n"A;é\r\nB";06/01/2025;1;2\r\nC;06/01/2025;3;4\r\n'
XLSX = workbook([["Code", "Jour", "Qté", "CA"], ["A", "06/01/2025", 1, 2.5]])
X12_FILE = file_of(WEEK, "LIN*1*UP*111", "ZA*QS*5*EA", "SDQ*EA*92*0001*2*0002*3")

#: name, contract, file, and what must be found of the text of its accepted lines
FORMATS = {
    "csv": (
        sell_out_contract({"encoding": "cp1252", "skip_rows": 1, "path": "shop/*"}), "a.csv", CSV.encode("cp1252"),
        ['"A;é\r\nB";06/01/2025;1;2', "C;06/01/2025;3;4"],
    ),
    "csv.gz": (
        sell_out_contract({"encoding": "cp1252", "skip_rows": 1, "path": "shop/*"}), "a.csv.gz",
        gzip.compress(CSV.encode("cp1252")), ["C;06/01/2025;3;4"],
    ),
    "xlsx": (xlsx_contract(), "a.xlsx", XLSX, ["06/01/2025"]),
    "json": (json_contract(), "a.json", b'{"sku": "A", "day": "2025-01-06", "qty": 1}\n', ['"sku"']),
    "edifact": (
        edifact_contract(received_at="filename:%Y%m%d.edi"), "20260714.edi",
        interchange(sales(sale(1, "2.5"))).encode(), ["LIN+1"],
    ),
    "x12": (x12_contract("sell_out", "location_code", "units"), "a.edi", X12_FILE.encode(), ["0001", "0002"]),
}  # fmt: skip


def _lines(settings: Settings, contract: Contract, name: str, sha256: str, numbers: set[int]) -> dict[int, str]:
    return lines_as_sent(settings, contract, {(name, sha256): numbers})[name, sha256]


@pytest.mark.parametrize("name", FORMATS)
def test_accepted_lines_are_shown_as_sent(settings: Settings, name: str) -> None:
    contract, file_name, content, expected = FORMATS[name]
    deliver(settings, f"shop/{file_name}", content)
    [entry] = take_in(settings, contract)
    assert entry.lines_parsed, entry.rejected_reason
    numbers = {row[0] for row in lines(settings, "line_number")}
    (settings.landing / "shop" / file_name).unlink()
    found = _lines(settings, contract, entry.file_name, entry.sha256, numbers)
    assert found.keys() == numbers
    assert all(any(text in shown for shown in found.values()) for text in expected), found


def test_only_the_lines_that_were_asked_for(settings: Settings) -> None:
    contract, file_name, content, _ = FORMATS["csv"]
    deliver(settings, f"shop/{file_name}", content)
    [entry] = take_in(settings, contract)
    assert _lines(settings, contract, entry.file_name, entry.sha256, {5, 99}) == {5: "C;06/01/2025;3;4"}
    assert _lines(settings, contract, entry.file_name, entry.sha256, set()) == {}


def test_lines_of_several_files_are_told_apart(settings: Settings) -> None:
    contract = sell_out_contract()
    deliver(settings, "shop/a.csv", "Code;Jour;Qté;CA\nA;06/01/2025;1;2\nB;06/01/2025;3;4\n")
    deliver(settings, "shop/b.csv", "CA;Code;Jour;Qté\n5;C;06/01/2025;6\n")
    deliver(settings, "shop/c.csv", "Code;Jour;Qté;CA\nD;06/01/2025;7;8\nE;06/01/2025;9;9\n")
    files = {entry.file_name: (entry.file_name, entry.sha256) for entry in take_in(settings, contract)}
    a, b, c = (files[f"shop/{name}.csv"] for name in "abc")
    found = lines_as_sent(settings, contract, {a: {2}, b: {2}, c: {3}, ("gone.csv", "gone"): {2}})
    assert found == {
        a: {2: "A;06/01/2025;1;2"}, b: {2: "5;C;06/01/2025;6"}, c: {3: "E;06/01/2025;9;9"}, ("gone.csv", "gone"): {},
    }  # fmt: skip


def _personal() -> Contract:
    customer = Mapping(name="customer_id", physical_name="Carte", personal=True)
    return sell_out_contract(mappings=(*SELL_OUT, customer))


def test_of_lost_bytes_nothing_is_shown(settings: Settings) -> None:
    assert _lines(settings, sell_out_contract(), "a.csv", "unknown", {2}) == {}


def test_of_personal_feeds_pseudonymised_rows_are_shown(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", "Code;Jour;Qté;CA;Carte\nA;06/01/2025;1;2;X\nB;06/01/2025;3;4;X\n")
    [entry] = take_in(settings, _personal())
    assert _lines(settings, _personal(), entry.file_name, entry.sha256, {2}) == {}
    rows = pseudonymised_lines(settings, _personal(), entry.delivery_id, {2, 3, 99})
    first, second = (json.loads(rows[number]) for number in (2, 3))
    assert (first["Code"], first["Jour"], float(first["Qté"]), second["Code"]) == ("A", "2025-01-06", 1, "B")
    assert first["Carte"] == second["Carte"], "equal values have one pseudonym"
    assert len(first["Carte"]) == 64
    assert pseudonymised_lines(settings, _personal(), entry.delivery_id, set()) == {}


def test_a_feed_that_became_personal_shows_nothing_of_bytes_kept_before(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", "Code;Jour;Qté;CA;Carte\nA;06/01/2025;1;2;X\n")
    [entry] = take_in(settings, sell_out_contract())
    assert _lines(settings, sell_out_contract(), entry.file_name, entry.sha256, {2})
    assert _lines(settings, _personal(), entry.file_name, entry.sha256, {2}) == {}
    # its rows were read by a contract that took nothing for personal
    assert pseudonymised_lines(settings, _personal(), entry.delivery_id, {2}) == {}


def _large(line_end: str, cell: str) -> tuple[str, dict[int, str]]:
    """A file of 3 MB, every 7th cell with a line break of its own, and its records by physical line."""
    texts, records, number = ["Code;Jour;Qté;CA"], {}, 2
    for place in range(60_000):
        code = f'"{cell}{line_end}{place}"' if place % 7 == 0 else f"{cell}{place}"
        texts.append(f"{code};06/01/2025;{place};2,5")
        records[number] = texts[-1]
        number += 1 + (place % 7 == 0)
    return line_end.join(texts) + line_end, records


@pytest.mark.parametrize(
    ("line_end", "encoding"), [("\n", "cp1252"), ("\r\n", "utf-8"), ("\r", "utf-8"), ("\n", "utf-16")]
)
def test_a_few_lines_of_a_large_file_are_those_of_the_whole(
    settings: Settings, line_end: str, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = sell_out_contract({"encoding": encoding, "path": "shop/*"})
    content, records = _large(line_end, "éàç produit")
    staged = stage(
        [content.encode(encoding)[at : at + (1 << 20)] for at in range(0, 1 << 23, 1 << 20)], _copy(settings)
    )
    keep(settings, staged)
    unpacked: list[str] = []
    monkeypatch.setattr(as_sent, "unpack", lambda *given: unpacked.append(given[1]) or unpack(*given))
    for wanted in ({2}, {min(records, key=lambda n: abs(n - 30_000)), max(records)}, set(list(records)[40_000:40_020])):
        expected = {number: records[number] for number in wanted}
        assert _lines(settings, contract, "a.csv", staged.sha256, wanted) == expected
    assert len(unpacked) == (0 if line_end.endswith("\n") and encoding != "utf-16" else 3)


def test_a_quote_without_partner_asks_the_whole_file(settings: Settings) -> None:
    lines_of_quote = "\n".join(str(place) for place in range(80))
    content = f'Code;Jour;Qté;CA\n{"A;06/01/2025;1;2" + chr(10)}"{lines_of_quote}";06/01/2025;1;2\n'
    staged = stage([content.encode()], _copy(settings))
    keep(settings, staged)
    found = _lines(settings, sell_out_contract(), "a.csv", staged.sha256, {3})
    assert found == {3: f'"{lines_of_quote}";06/01/2025;1;2'}


def _copy(settings: Settings) -> Path:
    path = settings.lake / "staged"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path

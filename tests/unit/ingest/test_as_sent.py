"""Every format shows its lines as they were sent, by the number that the ledger counts them by."""

from __future__ import annotations

import gzip

import pytest

from orchestration.contracts.model import Contract, Mapping
from orchestration.ingest.as_sent import lines_as_sent
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


@pytest.mark.parametrize("name", FORMATS)
def test_accepted_lines_are_shown_as_sent(settings: Settings, name: str) -> None:
    contract, file_name, content, expected = FORMATS[name]
    deliver(settings, f"shop/{file_name}", content)
    [entry] = take_in(settings, contract)
    assert entry.lines_parsed, entry.rejected_reason
    numbers = {row[0] for row in lines(settings, "line_number")}
    (settings.landing / "shop" / file_name).unlink()
    found = lines_as_sent(settings, contract, entry.file_name, entry.sha256, numbers)
    assert found.keys() == numbers
    assert all(any(text in shown for shown in found.values()) for text in expected), found


def test_only_the_lines_that_were_asked_for(settings: Settings) -> None:
    contract, file_name, content, _ = FORMATS["csv"]
    deliver(settings, f"shop/{file_name}", content)
    [entry] = take_in(settings, contract)
    assert lines_as_sent(settings, contract, entry.file_name, entry.sha256, {5, 99}) == {5: "C;06/01/2025;3;4"}
    assert lines_as_sent(settings, contract, entry.file_name, entry.sha256, set()) == {}


def _personal() -> Contract:
    customer = Mapping(name="customer_id", physical_name="Carte", personal=True)
    return sell_out_contract(mappings=(*SELL_OUT, customer))


def test_of_personal_feeds_and_lost_bytes_nothing_is_shown(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", "Code;Jour;Qté;CA;Carte\nA;06/01/2025;1;2;X\n")
    [entry] = take_in(settings, _personal())
    assert lines_as_sent(settings, _personal(), entry.file_name, entry.sha256, {2}) == {}
    assert lines_as_sent(settings, sell_out_contract(), "a.csv", "unknown", {2}) == {}


def test_a_feed_that_became_personal_shows_nothing_of_bytes_kept_before(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", "Code;Jour;Qté;CA;Carte\nA;06/01/2025;1;2;X\n")
    [entry] = take_in(settings, sell_out_contract())
    assert lines_as_sent(settings, sell_out_contract(), entry.file_name, entry.sha256, {2})
    assert lines_as_sent(settings, _personal(), entry.file_name, entry.sha256, {2}) == {}

"""The same interchange number with other content: the first by receipt keeps it, in whatever order they are read."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from orchestration.contracts.model import Contract
from orchestration.ingest import ingest
from orchestration.ingest.relation import Reader
from orchestration.ingest.rows import Row, interchanges_of, rows_lines, rows_shape, write_rows
from orchestration.landing.ledger import Withdrawal, ledger, withdraw
from orchestration.settings import Settings
from tests.unit.ingest.feeds import deliver, lines, quarantine, sell_out_contract, take_in

COLUMNS = ("Code", "Jour", "Qté", "CA")


def _plain(_contract: Contract, source: Path, work: Path) -> Path:
    """A format of our own: a line is `interchange;code;day;units;amount`."""
    target = work / "rows.parquet"
    split = [line.split(";") for line in source.read_text(encoding="utf-8").splitlines()]
    write_rows(
        target,
        COLUMNS,
        (Row(number, ";".join(cells), cells[1:], interchange=cells[0]) for number, cells in enumerate(split, start=1)),
    )
    return target


@pytest.fixture(autouse=True)
def _numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ingest.READERS, "edifact", Reader(_plain, rows_shape, rows_lines, interchanges_of))


def numbered_contract() -> Contract:
    server = {"format": "edifact", "path": "shop/*.edi"}
    return sell_out_contract(server, delivery="append", received_at="filename:%Y%m%d.edi")


FILES = {
    "shop/20250602.edi": "n1;A;02/06/2025;1;1\nn2;B;02/06/2025;2;1\n",
    "shop/20250603.edi": "n1;A;02/06/2025;10;1\nn3;C;02/06/2025;3;1\n",
    "shop/20250604.edi": "n3;C;02/06/2025;30;1\n",
}


@pytest.mark.parametrize("order", list(permutations(FILES)))
def test_the_first_by_receipt_keeps_the_number(settings: Settings, order: tuple[str, ...]) -> None:
    for name in order:
        deliver(settings, name, FILES[name])
        take_in(settings, numbered_contract())
    assert sorted(lines(settings, "product_code, units::int")) == [("A", 1), ("B", 2), ("C", 3)]
    assert sorted(quarantine(settings, "reason_code, raw_line, reason ilike '%came before in shop/2025060%'")) == [
        ("interchange_conflict", "n1;A;02/06/2025;10;1", True),
        ("interchange_conflict", "n3;C;02/06/2025;30;1", True),
    ]
    assert sorted(entry.lines_read for entry in ledger(settings).values()) == [1, 2, 2]
    assert take_in(settings, numbered_contract()) == []


def test_the_same_bytes_again_are_no_conflict(settings: Settings) -> None:
    deliver(settings, "shop/20250602.edi", FILES["shop/20250602.edi"])
    deliver(settings, "shop/20250605.edi", FILES["shop/20250602.edi"])
    take_in(settings, numbered_contract())
    assert quarantine(settings) == []


def test_a_withdrawn_delivery_gives_its_number_to_the_next(settings: Settings) -> None:
    for name, content in FILES.items():
        deliver(settings, name, content)
    first = next(entry for entry in take_in(settings, numbered_contract()) if "0602" in entry.file_name)
    withdraw(settings, Withdrawal(delivery_id=first.delivery_id, reason="wrong file", withdrawn_at=first.received_at))
    take_in(settings, numbered_contract())
    assert ("A", 10) in lines(settings, "product_code, units::int")
    assert [code for code, _ in quarantine(settings, "reason_code, raw_line")] == ["interchange_conflict"]

"""Ingestion as a whole: what is entered, what is read twice, what survives a kill."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import duckdb
import pytest

from orchestration.contracts.model import Contract, Mapping
from orchestration.ingest import enter
from orchestration.ingest import ingest as ingesting
from orchestration.ingest.relation import Shape
from orchestration.landing.ledger import ledger
from orchestration.settings import Settings
from tests.unit.ingest.feeds import SELL_OUT, deliver, lines, quarantine, sell_out_contract, take_in

HEADER = "Code;Jour;Qté;CA\n"
FILE = f"{HEADER}A;06/01/2025;1;1\nB;06/01/2025;2;2\n"


def test_a_second_look_finds_nothing_new(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", FILE)
    assert len(take_in(settings, sell_out_contract())) == 1
    assert take_in(settings, sell_out_contract()) == []


def test_the_same_bytes_under_another_name_are_recorded_and_not_read_again(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", FILE)
    [first] = take_in(settings, sell_out_contract())
    deliver(settings, "shop/b.csv", FILE)
    [second] = take_in(settings, sell_out_contract())
    assert second.resent_of == first.delivery_id
    assert second.lines_read == 2
    assert len(lines(settings, "product_code")) == 2


def test_two_files_of_one_name_with_other_bytes_are_two_deliveries(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", FILE)
    take_in(settings, sell_out_contract())
    deliver(settings, "shop/a.csv", FILE.replace("2;2", "3;3"))
    take_in(settings, sell_out_contract())
    assert len(ledger(settings)) == 2


def test_the_bytes_as_sent_are_kept_when_the_file_leaves_the_landing_zone(settings: Settings) -> None:
    path = deliver(settings, "shop/a.csv", FILE)
    take_in(settings, sell_out_contract())
    path.unlink()
    corrected = sell_out_contract(defaults={"location_code": "X"})
    [entry] = take_in(settings, corrected)
    assert lines(settings, "location_code") == [("X",), ("X",)]
    assert entry.former_contract_versions == ("1.0.0",)


def test_a_corrected_reading_replaces_the_lines_under_the_same_delivery(settings: Settings) -> None:
    deliver(settings, "shop/a.csv", f"{HEADER}A;06/01/2025;1;1\nTOTAL;06/01/2025;1;1\n")
    [before] = take_in(settings, sell_out_contract())
    [after] = take_in(settings, sell_out_contract(where="Code <> 'TOTAL'", version="1.1.0"))
    assert after.delivery_id == before.delivery_id
    assert (before.lines_parsed, after.lines_parsed, after.lines_out_of_scope) == (2, 1, 1)
    assert lines(settings, "product_code") == [("A",)]


def test_a_feed_with_personal_columns_keeps_neither_bytes_nor_names(settings: Settings) -> None:
    mappings = (*SELL_OUT[:3], Mapping(name="customer_id", physical_name="CA", personal=True, primary_key=True))
    deliver(settings, "shop/a.csv", f"{HEADER}A;06/01/2025;1;marie\nB;06/01/2025;2;marie\nC;hier;2;jeanne\n")
    take_in(settings, sell_out_contract(mappings=mappings))
    pseudonyms = {customer for (customer,) in lines(settings, "customer_id")}
    assert len(pseudonyms) == 1
    assert "marie" not in pseudonyms
    assert not [key for (key,) in lines(settings, "line_key") if "marie" in key]
    assert quarantine(settings, "line_number, raw_line, reason") == [
        (4, "C;***;2;***", "period_start (Jour): *** is not a date written as dd/MM/yyyy")
    ]
    kept = [path for path in settings.lake.rglob("*") if path.is_file()]
    assert not any(b"marie" in path.read_bytes() or b"jeanne" in path.read_bytes() for path in kept)
    assert not (settings.lake / "files").exists()


def test_a_personal_file_that_left_keeps_its_former_reading(settings: Settings) -> None:
    mappings = (*SELL_OUT[:3], Mapping(name="customer_id", physical_name="CA", personal=True))
    path = deliver(settings, "shop/a.csv", f"{HEADER}A;06/01/2025;1;marie\n")
    take_in(settings, sell_out_contract(mappings=mappings))
    path.unlink()
    corrected = sell_out_contract(mappings=mappings, version="2.0.0", where="Code <> 'A'")
    problems: list[str] = []
    assert take_in(settings, corrected, problems) == []
    assert "put the file back as it was" in problems[0]
    assert lines(settings, "product_code") == [("A",)]


def test_parquet_rows_are_numbered_from_one(settings: Settings, tmp_path: Path) -> None:
    path = settings.landing / "shop" / "a.parquet"
    path.parent.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select 'A' || i as Code, timestamp '2025-01-06 10:00' as Jour, "
            f"i * 1.5 as \"Qté\", 0.1::double as CA from range(3) as t (i)) to '{path}'"
        )
    take_in(settings, sell_out_contract({"path": "shop/*.parquet", "format": "parquet"}))
    assert lines(settings, "line_number, product_code, period_start, units, amount") == [
        (place, f"A{place - 1}", date(2025, 1, 6), Decimal("1.5") * (place - 1), Decimal("0.1")) for place in (1, 2, 3)
    ]


def test_a_header_only_file_counts_as_a_period_of_zero_lines(settings: Settings) -> None:
    deliver(settings, "shop/ventes_20250106.csv", HEADER)
    [entry] = take_in(settings, sell_out_contract(period_from="filename:ventes_%Y%m%d.csv"))
    assert [(line.line_date, line.lines) for line in entry.dates] == [(date(2025, 1, 6), 0)]


def test_equal_files_without_lines_speak_of_the_days_in_their_names(settings: Settings) -> None:
    deliver(settings, "shop/ventes_20250106.csv", HEADER)
    deliver(settings, "shop/ventes_20250113.csv", HEADER)
    entries = take_in(settings, sell_out_contract(period_from="filename:ventes_%Y%m%d.csv"))
    assert [line.line_date for entry in entries for line in entry.dates] == [date(2025, 1, 6), date(2025, 1, 13)]


def test_the_last_day_that_lines_of_a_day_name_is_entered(settings: Settings) -> None:
    ends = Mapping(name="period_end", physical_name="Fin", date_format="dd/MM/yyyy")
    deliver(
        settings,
        "shop/a.csv",
        "Code;Jour;Qté;CA;Fin\nA;02/06/2025;1;1;08/06/2025\nB;02/06/2025;1;1;15/06/2025\n"
        "C;02/06/2025;x;1;30/06/2025\nD;16/06/2025;1;1;\n",
    )
    [entry] = take_in(settings, sell_out_contract(mappings=(*SELL_OUT, ends)))
    assert [(line.line_date, line.last_day) for line in entry.dates] == [
        (date(2025, 6, 2), date(2025, 6, 15)),
        (date(2025, 6, 16), None),
    ]


@pytest.mark.parametrize(("module", "step"), [(ingesting, "commit"), (enter, "enter")])
def test_killed_at_a_step_and_run_again_gives_the_same_lake(
    settings: Settings, module: ModuleType, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(settings, "shop/a.csv", FILE)
    deliver(settings, "shop/b.csv", FILE.replace("A;", "C;"))
    process = os.fork()
    if process == 0:
        original = getattr(module, step)
        calls = []

        def killed_at_the_second(*arguments: object) -> object:
            calls.append(1)
            if len(calls) == 2:
                os._exit(9)
            return original(*arguments)

        try:
            monkeypatch.setattr(module, step, killed_at_the_second)
            take_in(settings, sell_out_contract())
        finally:
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 9
    assert len(ledger(settings)) == 1
    take_in(settings, sell_out_contract())
    killed = _content(settings)
    shutil.rmtree(settings.lake)
    take_in(settings, sell_out_contract())
    assert killed == _content(settings)


def _content(settings: Settings) -> tuple[object, ...]:
    found = lines(settings, "delivery_id, line_number, product_code, units")
    return sorted(found), sorted(ledger(settings)), sorted(path.name for path in settings.lake.glob("raw/*/*"))


@pytest.mark.parametrize("content", ["C;06/01/2025;3;3\n", "not a table any more\n"])
def test_a_file_that_changes_while_it_is_read_is_read_as_it_was_received(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    deliver(settings, "shop/a.csv", FILE)
    deliver(settings, "shop/b.csv", f"{HEADER}D;06/01/2025;4;4\n")
    reader = ingesting.READERS["csv"]
    changed: list[Path] = []

    def shape_of_what_changes(contract: Contract, source: Path) -> Shape:
        if source.name == "a.csv" and not changed:
            changed.append(source)
            deliver(settings, "shop/a.csv", HEADER + content if "C" in content else content)
        return reader.shape(contract, source)

    monkeypatch.setitem(ingesting.READERS, "csv", replace(reader, shape=shape_of_what_changes))
    entries = take_in(settings, sell_out_contract())
    assert changed
    assert [entry.rejected_reason for entry in entries] == [None, None]
    assert sorted(lines(settings, "product_code")) == [("A",), ("B",), ("D",)]


def test_a_file_rejected_for_its_name_is_read_under_a_better_one(settings: Settings) -> None:
    contract = sell_out_contract(received_at="filename:%Y-%m-%d.csv")
    wrong = deliver(settings, "shop/sales.csv", FILE)
    [rejected] = take_in(settings, contract)
    assert rejected.rejected_reason
    wrong.rename(wrong.with_name("2025-01-06.csv"))
    [read] = take_in(settings, contract)
    assert (read.resent_of, read.rejected_reason) == (None, None)
    assert lines(settings, "product_code") == [("A",), ("B",)]


def test_a_file_rejected_for_its_name_is_read_when_the_contract_is_corrected(settings: Settings) -> None:
    deliver(settings, "shop/2025-01-06.csv", FILE)
    take_in(settings, sell_out_contract(received_at="filename:sales_%Y.csv"))
    [read] = take_in(settings, sell_out_contract(received_at="filename:%Y-%m-%d.csv"))
    assert (read.resent_of, read.rejected_reason) == (None, None)
    assert lines(settings, "product_code") == [("A",), ("B",)]

"""A file read for a look: the same reading as ingestion, and nothing kept."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.contracts.model import Mapping, Total
from orchestration.ingest.relation import Unreadable
from orchestration.ingest.trial import try_file
from orchestration.settings import Settings
from tests.unit.ingest.feeds import SELL_OUT, deliver, sell_out_contract

HEADER = "Code;Jour;Qté;CA\n"


def test_a_trial_shows_what_would_come_of_a_file(settings: Settings) -> None:
    path = deliver(settings, "shop/a.csv", f"{HEADER}A;06/01/2025;1 000;2,5\nTOTAL;;1;\nB;x;1;1\nC;06/01/2025;1;1\n")
    trial = try_file(sell_out_contract(where="Code <> 'TOTAL'"), path, 1)
    assert (trial.accepted, trial.out_of_scope, trial.quarantined) == (2, 1, 1)
    assert trial.first_accepted == [
        {
            "line": 2,
            "product_code": "A",
            "period_start": date(2025, 1, 6),
            "units": Decimal(1000),
            "amount": Decimal("2.5"),
        }
    ]
    [aside] = trial.first_quarantined
    assert (aside["line"], aside["as_sent"]) == (4, "B;x;1;1")
    assert not settings.lake.exists()


def test_personal_columns_are_not_shown(settings: Settings) -> None:
    mappings = (*SELL_OUT[:3], Mapping(name="customer_id", physical_name="CA", personal=True))
    path = deliver(settings, "shop/a.csv", f"{HEADER}A;06/01/2025;1;marie\n")
    [row] = try_file(sell_out_contract(mappings=mappings), path, 5).first_accepted
    assert "customer_id" not in row


def test_a_format_that_is_not_read_is_said(settings: Settings) -> None:
    path = deliver(settings, "shop/a.xlsx", b"PK")
    with pytest.raises(Unreadable, match="xlsx"):
        try_file(sell_out_contract({"format": "xlsx"}), path, 5)


def test_what_a_file_says_of_itself_and_its_lines_do_not_bear_out_is_shown(tmp_path: Path) -> None:
    source = tmp_path / "a.json"
    source.write_text('{"total": 5, "rows": [{"Code": "A", "Jour": "06/01/2025", "Qté": 2, "CA": 1}]}', "utf-8")
    totals = (Total(total="$.total", of="Qté"),)
    server = {"path": "*.json", "format": "json", "record_path": "$.rows", "totals": totals}
    trial = try_file(sell_out_contract(server), source, 5)
    [remark] = trial.remarks
    assert "5" in remark
    assert "2" in remark

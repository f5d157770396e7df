"""The contracts of the demo describe the files of the demo."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from orchestration.contracts.load import load_contracts
from orchestration.contracts.model import Contract
from orchestration.demo.layouts import LAYOUTS
from orchestration.settings import CHECKOUT

LOADED = load_contracts(CHECKOUT / "contracts")
CONTRACTS = {contract.id: contract for contract in LOADED.contracts if contract.id in LAYOUTS}


def test_contracts_load_without_a_problem() -> None:
    assert not LOADED.problems
    assert set(CONTRACTS) == set(LAYOUTS)


def test_every_file_belongs_to_one_contract(landing: Path) -> None:
    matched = [path for contract in CONTRACTS.values() for path in landing.glob(contract.server.path)]
    assert sorted(matched) == sorted(landing.rglob("*.*"))


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_the_contract_says_what_the_partner_does(contract: Contract) -> None:
    layout = LAYOUTS[contract.id]
    assert contract.owner
    assert contract.partner == layout.partner
    assert contract.delivery == layout.delivery
    assert (contract.frequency.unit if contract.frequency else None) == layout.cadence
    assert not contract.frequency or contract.latency_days == layout.latency_days
    assert {mapping.physical_name for mapping in contract.mappings} <= set(layout.columns)


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_names_of_files_tell_when_they_were_received(contract: Contract, landing: Path) -> None:
    assert contract.received_at
    pattern = contract.received_at.removeprefix("filename:")
    for path in landing.glob(contract.server.path):
        datetime.strptime(path.name, pattern)


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=CONTRACTS)
def test_the_header_stands_where_the_contract_says(contract: Contract, landing: Path) -> None:
    first = min(landing.glob(contract.server.path))
    wanted = {mapping.physical_name for mapping in contract.mappings}
    if contract.server.format == "parquet":
        assert wanted <= set(pd.read_parquet(first).columns)
        return
    lines = first.read_text(encoding=contract.server.encoding).removeprefix("\ufeff").splitlines()
    assert wanted <= set(lines[contract.server.skip_rows].split(contract.server.delimiter))

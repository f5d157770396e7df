"""Real French codes, matched: every CIP7 and CIP13 of the public drug database, mistyped ones, and one mapped late."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.contracts.model import Contract, Mapping, Server
from orchestration.moment import parse_moment
from orchestration.settings import Settings
from orchestration.transform.control import write_control
from orchestration.transform.invoke import invoke_dbt
from orchestration.transform.suggestions import write_suggestions
from tests.pipeline.conftest import DATA
from tests.unit.ingest.feeds import deliver, sell_out_contract, take_in

MISTYPED = 500
OWN_CODE = "BOITE-6"


def _master(kind: str, *columns: str) -> Contract:
    return Contract(
        id=f"brand.{kind}",
        version="1.0.0",
        status="active",
        file=Path(f"brand/{kind}.odcs.yaml"),
        kind_name=kind,
        server=Server(path=f"{kind}/*.csv", format="csv", delimiter=";"),
        mappings=tuple(Mapping(name=column, physical_name=column) for column in columns),
        delivery="snapshot",
    )


@dataclass
class Market:
    """A pharmacy that sold one of everything; what each code that it sent should mean."""

    settings: Settings
    contracts: list[Contract]
    codes: list[tuple[str, str]]
    mistyped: dict[str, str]

    def build(self, *models: str) -> None:
        for contract in self.contracts:
            take_in(self.settings, contract)
        write_control(self.settings, self.contracts, parse_moment("2099-12-31"))
        result = invoke_dbt(self.settings, ["run", "--select", *models])
        assert {one.status for one in result.results} == {"success"}, [one.message for one in result.results]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.settings.warehouse), read_only=True) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Market:
    source = DATA / "bdpm" / "CIS_CIP_bdpm.txt"
    if not source.exists():
        pytest.skip(f"the public drug database is not at {source}")
    cells = [line.split("\t") for line in source.read_text(encoding="cp1252", errors="replace").splitlines()]
    products = {
        f"{cis}/{place}": (cip7, cip13) for place, (cis, cip7, *_, cip13) in enumerate(line[:7] for line in cells)
    }
    codes = [(code, product) for product, pair in products.items() for code in pair]
    known = {code for code, _ in codes}
    wrong = ((_mistyped(cip13), product) for product, (_, cip13) in products.items())
    mistyped = dict([(code, product) for code, product in wrong if code not in known][: MISTYPED * 40 : 40])
    settings = Settings(home=tmp_path_factory.mktemp("bdpm"), contracts=Path("none"))
    listed = "".join(f"{product};{product};{cip13}\n" for product, (_, cip13) in products.items())
    deliver(settings, "products/list.csv", f"product_id;product_name;gtin\n{listed}")
    sold = "".join(f"{code};06/01/2025;2;1\n" for code in [*known, *mistyped, OWN_CODE])
    deliver(settings, "shop/sold.csv", f"Code;Jour;Qté;CA\n{sold}")
    contracts = [
        _master("products", "product_id", "product_name", "gtin"),
        _master("product_codes", "partner_id", "code", "product_id", "units_per_code"),
        sell_out_contract(),
    ]
    market = Market(settings, contracts, codes, mistyped)
    market.build("+unknown_codes", "stg_known_codes")
    return market


def _mistyped(cip13: str) -> str:
    """One digit of the CIP7 within it is another one."""
    return f"{cip13[:8]}{(int(cip13[8]) + 4) % 10}{cip13[9:]}"


def test_every_cip7_and_cip13_means_its_product(market: Market) -> None:
    expected = json.loads((DATA / "EXPECTED.json").read_text())["bdpm"]["cip_pairs"]
    matched = market.rows("select product_code, product_id from staging.stg_sell_out where line_class = 'accepted'")
    assert sorted(matched) == sorted(market.codes)
    assert len(matched) == 2 * expected == 41_494
    assert market.rows("select count(*) from staging.stg_product_map where is_repaired") == [(0,)]


def test_a_mistyped_code_is_suggested_and_not_applied(market: Market) -> None:
    made = write_suggestions(market.settings)
    market.build("unmatched_codes")
    rows = market.rows(
        "select code, suggested_product_id, lines from quality.unmatched_codes where code_type = 'product'"
    )
    assert {code for code, _, _ in rows} == {*market.mistyped, OWN_CODE}
    assert [product for code, product, _ in rows if code == OWN_CODE] == [None]
    right = [code for code, product, _ in rows if product == market.mistyped.get(code) and product]
    wrong = [code for code, product, _ in rows if product and product != market.mistyped[code]]
    assert len(right) + len(wrong) == made
    assert not wrong
    # the others are as near to another product, and have no label that could decide
    assert len(right) > 0.8 * MISTYPED


def test_a_mapping_that_comes_later_takes_its_lines_in(market: Market) -> None:
    line = f"select line_class, product_id, units from staging.stg_sell_out where product_code = '{OWN_CODE}'"
    assert market.rows(line) == [("unmatched", None, Decimal(2))]
    product = market.codes[0][1]
    mapping = f"partner_id;code;product_id;units_per_code\nshop;{OWN_CODE};{product};6\n"
    deliver(market.settings, "product_codes/2025-02-01.csv", mapping)
    market.build("+stg_sell_out")
    assert market.rows(line) == [("accepted", product, Decimal(12))]
    assert market.rows("select count(*) from staging.stg_sell_out where line_class = 'unmatched'") == [(MISTYPED,)]

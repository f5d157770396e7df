"""A partner of each format is added by one contract and no code, as `docs/onboard_a_partner.md` tells it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.pipeline.conftest import selltrace
from tests.pipeline.onboarding_page import write_file
from tests.pipeline.pages import Block, blocks, play, same

PAGE = "onboard_a_partner.md"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the page's samples and contracts, which is the home."""
    return tmp_path_factory.mktemp("onboarding")


@pytest.fixture(scope="module")
def played(home: Path) -> dict[int, str]:
    """What the page's blocks come to."""
    return play(PAGE, home, {"SELLTRACE_HOME": ".", "SELLTRACE_CONTRACTS": "contracts"}, write_file)


@pytest.mark.parametrize("block", [one for one in blocks(PAGE) if one.is_played], ids=str)
def test_the_page_shows_what_the_commands_print(played: dict[int, str], block: Block) -> None:
    assert same(played[block.line]) == same(block.content)


def _read(home: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home / "releases/current/selltrace.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.usefixtures("played")
def test_every_line_of_every_format_is_in_one_class(home: Path) -> None:
    found = _read(
        home,
        """
        select partner_id, lines_read, accepted, out_of_scope, quarantined, unmatched
        from delivery_ledger where kind <> 'products' order by all
        """,
    )
    assert found == [
        ("boutique_web", 3, 3, 0, 0, 0),
        ("magasins", 3, 2, 0, 1, 0),
        ("officines", 5, 3, 1, 1, 0),
        ("repartiteur", 2, 2, 0, 0, 0),
        ("us_retail", 3, 3, 0, 0, 0),
    ]


@pytest.mark.usefixtures("played")
def test_slices_without_a_spoilt_line_tell_of_the_same_products_whatever_the_format(home: Path) -> None:
    found = _read(
        home,
        """
        select partner_id, product_id, sum(units)::int from fct_sell_out group by all
        union all
        select partner_id, product_id, sum(on_hand_units)::int from fct_stock group by all
        order by all
        """,
    )
    assert found == [
        ("boutique_web", "hand_cream", 3),
        ("boutique_web", "lip_balm", 1),
        ("repartiteur", "hand_cream", 250),
        ("repartiteur", "lip_balm", 80),
        ("us_retail", "hand_cream", 30),
        ("us_retail", "lip_balm", 5),
    ]


@pytest.mark.usefixtures("played")
def test_a_figure_of_an_edi_file_leads_back_to_its_segment(home: Path) -> None:
    where = ["partner_id=us_retail", "product_id=hand_cream", "week_start=2025-06-02"]
    options = [word for one in where for word in ("--where", one)]
    figure = ["sell_through_weekly", *options, "--column", "sell_out_units"]
    explained = selltrace(home, "explain", *figure, contracts=home / "contracts")
    assert "us_retail/852/2025-06-09.x12" in explained
    assert "30" in explained

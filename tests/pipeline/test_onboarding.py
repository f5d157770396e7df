"""A partner of each format is added by one contract and no code, as `docs/onboard_a_partner.md` tells it.

`SELLTRACE_REVIEW=1` writes what the commands print into the page, for a person to review.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from onboarding_page import outputs, rewrite, write_home

RUN = "selltrace run --as-of 2025-06-12"


def _print(home: Path, command: str) -> str:
    """What a command prints in `home`, up to what differs from run to run."""
    cli = [str(Path(sys.executable).with_name("selltrace")), "--home", ".", "--contracts", "contracts"]
    environment = {**os.environ, "COLUMNS": "110", "NO_COLOR": "1"}
    done = subprocess.run(
        [*cli, *shlex.split(command)[1:]], cwd=home, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.partition("Release 2")[0]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of the page's samples and contracts, after one run."""
    folder = tmp_path_factory.mktemp("onboarding")
    write_home(folder)
    (folder / "run.txt").write_text(_print(folder, RUN), encoding="utf-8")
    if os.environ.get("SELLTRACE_REVIEW"):
        rewrite(lambda command: _printed(folder, command))
    return folder


def _printed(home: Path, command: str) -> str:
    return (home / "run.txt").read_text(encoding="utf-8") if command == RUN else _print(home, command)


def _read(home: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home / "releases/current/selltrace.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("command", list(outputs()))
def test_the_page_shows_what_the_commands_print(home: Path, command: str) -> None:
    assert _printed(home, command) == outputs()[command]


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


def test_a_figure_of_an_edi_file_leads_back_to_its_segment(home: Path) -> None:
    where = "--where partner_id=us_retail --where product_id=hand_cream --where week_start=2025-06-02"
    explained = _print(home, f"selltrace explain sell_through_weekly {where} --column sell_out_units")
    assert "us_retail/852/2025-06-09.x12" in explained
    assert "30" in explained

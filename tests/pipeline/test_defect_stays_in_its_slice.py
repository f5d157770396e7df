"""A defect holds its own slice: every other row of every published table is as it would be without that defect."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from orchestration.contracts.model import Cadence
from tests.pipeline.later_releases import held_slices
from tests.pipeline.later_world import Home, Row, Tables, differences, feed

MONDAYS: Final = [date(2025, 1, 6) + timedelta(weeks=week) for week in range(6)]
WEEK: Final = MONDAYS[3]
_WEEKLY: Final = {"frequency": Cadence(value=1, unit="w"), "latency_days": 3, "starts_on": MONDAYS[0]}
_LINE: Final = "location_code product_code"

#: measures that look at other weeks of the same partner and product: a week without its figure shows in them
WINDOWS: Final = {"trailing_weeks_of_cover", "forward_weeks_of_cover", "trailing_sell_out_units"}
#: tables whose rows over all partners (`scope`: all_partners) are the only cross-partner measures that are published
ACROSS_PARTNERS: Final = {"distribution", "pressure_index", "availability"}
#: days that a row of these tables covers at most, from its `period_start`
_DAYS: Final = {"week": 7, "month": 31, "quarter": 92}
#: what tells of deliveries and has no period: the defect is theirs to tell, whatever is held
OF_DELIVERIES: Final = {"quarantine", "duplicates", "left_out_lines"}
#: columns that tell two releases apart
_OF_RELEASE: Final = {"release_id", "build_id"}


#: tables that this market has no row for
NOTHING_TOLD: Final = {
    "dim_campaigns",
    "sell_out_estimates",
    "quarantine",
    "unmatched_codes",
    "duplicates",
    "missing_sell_out",
    "left_out_lines",
}


def _feeds(partner: str) -> list[Any]:
    given = _WEEKLY | {"partner": partner, "delivery": "keyed", "coverage": "complete"}
    return [
        feed(f"{partner}.sell_out", f"{_LINE} period_start units", f"{_LINE} period_start", period="week", **given),
        feed(f"{partner}.stock", f"{_LINE} snapshot_date on_hand_units", f"{_LINE} snapshot_date", **given),
        feed(f"{partner}.sell_in", "document_id document_date location_code product_code units",
             "document_id location_code product_code", partner=partner, delivery="keyed"),
    ]  # fmt: skip


def _market(folder: Path) -> Home:
    """Two partners with two shops and two products each, six weeks that balance, all of them published."""
    home = Home(folder, [contract for partner in ("a", "b") for contract in _feeds(partner)])
    pairs = [(place, product) for place in ("L1", "L2") for product in ("P", "Q")]
    for partner in ("a", "b"):
        bought = [f"D1,2025-01-06,{place},{product},100" for place, product in pairs]
        _send(home, f"{partner}.sell_in", "a", MONDAYS[0], bought)
        left = 100
        for number, monday in enumerate(MONDAYS):
            sunday, sold = monday + timedelta(days=6), 3 + number * number
            left -= sold
            _send(home, f"{partner}.sell_out", "a", monday, [f"{x},{y},{monday},{sold}" for x, y in pairs])
            _send(home, f"{partner}.stock", "a", monday, [f"{x},{y},{sunday},{left}" for x, y in pairs])
    return home


def _send(home: Home, feed_id: str, name: str, monday: date, lines: list[str]) -> None:
    columns = ",".join(mapping.name for mapping in home.feeds[feed_id].mappings)
    received = f"{monday + timedelta(days=8):%Y%m%d}T0900"
    home.deliver(f"{feed_id}/{name}-{received}.csv", "\n".join([columns, *lines, ""]))


def _restate_badly(home: Home) -> None:
    """A restatement of the week, of which most cannot be read."""
    _send(home, "a.sell_out", "b", WEEK, [f"L1,P,{WEEK},50", f"L1,Q,{WEEK},x", f"L2,P,{WEEK},y"])


def _answer_twice(home: Home) -> None:
    """The week comes for the first time, with two answers to every question."""
    pairs = [(place, product) for place in ("L1", "L2") for product in "PQ"]
    _send(home, "a.sell_out", "a", WEEK, [f"{x},{y},{WEEK},{units}" for units in (5, 9) for x, y in pairs])


def _release(home: Home, day: int) -> Tables:
    """What a run on a day of February publishes."""
    home.take_in()
    home.release(datetime(2025, 2, day, tzinfo=UTC))
    return home.released()


def _tells_of_the_slice(table: str, row: Row) -> bool:
    """Whether a row is of the partner's held week, or of a longer period that the week is part of."""
    partner_id = row["contract_id"].partition(".")[0] if table == "quarantine" else row.get("partner_id")
    if table in OF_DELIVERIES or partner_id != "a":
        return partner_id == "a" or (partner_id is None and table in {*ACROSS_PARTNERS, "gate_verdicts"})
    first = next((row[name] for name in ("week_start", "opening_date", "period_start") if name in row), None)
    if first is None:
        return False
    # a cohort tells of all weeks from its receipt on
    days = _DAYS[row.get("period", "week")] + 7 * row.get("weeks_after", 0)
    last = row.get("closing_date") or row.get("period_end") or first + timedelta(days=days - 1)
    return bool(first <= WEEK + timedelta(days=6) and last >= WEEK)


def _elsewhere(released: Tables) -> dict[str, list[Row]]:
    """Every published row but those of the slice; without what windows see of it, and the release's own marks."""
    return {
        table: [
            {
                name: value
                for name, value in row.items()
                if name not in _OF_RELEASE and not (name in WINDOWS and row["partner_id"] == "a")
            }
            for row in rows
            if not _tells_of_the_slice(table, row)
        ]
        for table, rows in released.items()
    }


#: defect, whether the week was published before, its units with the defect
DEFECTS: Final = [(_restate_badly, True, 48), (_answer_twice, False, None)]


@pytest.mark.parametrize(("defect", "was_published", "units"), DEFECTS)
def test_every_other_row_is_as_without_the_defect(
    tmp_path: Path, defect: Callable[[Home], None], was_published: bool, units: int | None
) -> None:
    sound = _market(tmp_path / "sound")
    if was_published:
        _release(sound, 20)
    broken = Home(shutil.copytree(sound.settings.home, tmp_path / "broken", symlinks=True), sound.feeds.values())
    defect(broken)
    expected, found = _release(sound, 21), _release(broken, 21)
    assert held_slices(sound.settings) == set()
    assert held_slices(broken.settings) == {("a", "sell_out", WEEK)}
    sold = [row["units"] for row in found["fct_sell_out"] if (row["partner_id"], row["week_start"]) == ("a", WEEK)]
    assert (sum(sold) if sold else None) == units
    without, with_defect = _elsewhere(expected), _elsewhere(found)
    assert {table for table, rows in without.items() if not rows} == NOTHING_TOLD
    assert differences(without, with_defect) == {}

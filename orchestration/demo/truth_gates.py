"""What selltrace must find to be late, missing or not fit to publish in the demo.

Belongs here: the delivery calendar, missing sell-out and the slices that the default thresholds hold, computed from the
printed feeds by the definitions. Does not belong here: classes of lines (`truth`), the roll-forward (`truth_stock`).
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from orchestration.demo.catalogue import products
from orchestration.demo.dates import DEMO_AS_OF, MONDAYS, WEEKS, weeks_overlapped
from orchestration.demo.network import CLOSED, locations
from orchestration.demo.plan import PLAN
from orchestration.demo.printing import Printed
from orchestration.demo.truth import units_of

#: thresholds of the gates that hold a slice, as published by default
_MAX_CONFLICTS, _MIN_ACCEPTED, _MIN_COMPLETENESS = 0.01, 0.8, 0.9
_TRAILING = 8


def calendar(prints: list[Printed]) -> pd.DataFrame:
    """One row an expected delivery that was due by DEMO_AS_OF: status and days late."""
    parts = [_calendar_of(sheet) for sheet in prints if sheet.feed.layout.cadence]
    table = pd.concat(parts, ignore_index=True)
    is_due = table["due_on"] <= pd.Timestamp(DEMO_AS_OF)
    return table.loc[is_due | (table["status"] != "missing")].reset_index(drop=True)


def _calendar_of(sheet: Printed) -> pd.DataFrame:
    first = sheet.deliveries.groupby("period_start")["received_at"].min()
    expected = sheet.feed.clean_deliveries[["period_start", "period_end"]]
    due = expected["period_end"] + pd.Timedelta(days=sheet.feed.layout.latency_days)
    received_on = pd.to_datetime(expected["period_start"].map(first)).dt.normalize()
    late = (received_on - due).dt.days
    return expected.assign(
        contract_id=sheet.feed.contract_id,
        partner_id=sheet.feed.layout.partner,
        kind=sheet.feed.layout.kind,
        due_on=due,
        status=np.select([received_on.isna(), late > 0], ["missing", "late"], "on_time"),
        days_late=late.clip(lower=0).fillna(0).astype(int),
    )


def missing_sell_out(prints: list[Printed], expected: pd.DataFrame) -> pd.DataFrame:
    """One row an expected report of sell-out that is not there: of a partner, a location or a product."""
    gone = expected.loc[(expected["status"] == "missing") & (expected["kind"] == "sell_out")]
    partner = gone[["contract_id", "partner_id", "period_start", "period_end"]].assign(level="partner")
    located = _located(prints)
    rows = [partner, *map(_missing_locations, located), _product_gaps(prints), *map(_unread_products, located)]
    return pd.concat(rows, ignore_index=True)


def _located(prints: list[Printed]) -> list[Printed]:
    return [sheet for sheet in prints if sheet.feed.layout.kind == "sell_out" and "location_code" in sheet.lines]


def _weekly_units(sheet: Printed) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Locations of a weekly feed; whether each reported, and its units, week x location."""
    lines = sheet.lines.loc[(sheet.lines["location"] >= 0) & (sheet.lines["line_class"] != "unmatched")]
    places = np.unique(sheet.feed.clean["location"])
    week = np.searchsorted(MONDAYS[:WEEKS], lines["period_start"])
    column = np.searchsorted(places, lines["location"].astype(int))
    units = np.zeros((WEEKS, len(places)))
    reported = np.zeros(units.shape, dtype=bool)
    reported[week, column] = True
    is_accepted = (lines["line_class"] == "accepted").to_numpy()
    np.add.at(units, (week[is_accepted], column[is_accepted]), lines.loc[is_accepted, "units"])
    return places, reported, units


def _expected_locations(places: np.ndarray, reported: np.ndarray) -> np.ndarray:
    """Week x location: it reported in the trailing periods and is not closed."""
    expected = np.zeros_like(reported)
    for week in range(WEEKS):
        expected[week] = reported[max(0, week - _TRAILING) : week].any(axis=0)
    for place, closed_on in CLOSED.items():
        weeks_after = np.flatnonzero(MONDAYS[:WEEKS] > pd.Timestamp(closed_on))
        expected[np.ix_(weeks_after, np.flatnonzero(places == place))] = False
    return expected


def _missing_locations(sheet: Printed) -> pd.DataFrame:
    places, reported, _ = _weekly_units(sheet)
    was_delivered = reported.any(axis=1, keepdims=True)
    week, column = np.nonzero(_expected_locations(places, reported) & ~reported & was_delivered)
    ids = locations()["location_id"].to_numpy()
    return pd.DataFrame({
        "contract_id": sheet.feed.contract_id, "partner_id": sheet.feed.layout.partner, "level": "location",
        "location_id": ids[places[column]], "period_start": MONDAYS[week],
        "period_end": MONDAYS[week] + pd.Timedelta(days=6),
    })  # fmt: skip


def _product_gaps(prints: list[Printed]) -> pd.DataFrame:
    rows = []
    for number, plant in enumerate(PLAN):
        if plant.kind != "product_gap":
            continue
        sheet = next(sheet for sheet in prints if sheet.feed.contract_id == plant.contract_id)
        gaps = sheet.feed.dropped.loc[sheet.feed.dropped["defect"] == number]
        rows.append(gaps[["period_start", "period_end"]].assign(
            contract_id=plant.contract_id, partner_id=sheet.feed.layout.partner, level="product",
            product_id=products()["product_id"].to_numpy()[gaps["product"].astype(int)],
        ))  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def _unread_products(sheet: Printed) -> pd.DataFrame:
    """Products of lines that cannot be read, which the plan spoils in files that hold each product of a place once."""
    lines = sheet.lines.loc[sheet.lines["line_class"] == "quarantined"]
    return pd.DataFrame({
        "contract_id": sheet.feed.contract_id, "partner_id": sheet.feed.layout.partner, "level": "product",
        "location_id": locations()["location_id"].to_numpy()[lines["location"].astype(int)],
        "product_id": products()["product_id"].to_numpy()[lines["product"].astype(int)],
        "period_start": lines["period_start"], "period_end": lines["period_end"],
    })  # fmt: skip


def held_slices(prints: list[Printed], delivered: pd.DataFrame, expected: pd.DataFrame) -> pd.DataFrame:
    """One row a slice (partner x week x kind) and suite that must hold it, by the default thresholds."""
    rows = [*_slices(expected.loc[expected["status"] == "missing"], "delays"), *_held_by_acceptance(delivered)]
    for sheet in prints:
        rows += _held_by_conflicts(sheet)
    for sheet in _located(prints):
        rows += _held_by_completeness(sheet)
    for plant in PLAN:
        if plant.kind == "repeated_day":
            week = weeks_overlapped(date.fromisoformat(plant.first), date.fromisoformat(plant.first))[0]
            rows.append((plant.contract_id.split(".")[0], "sell_out", week, "duplicates", None))
    return pd.DataFrame(rows, columns=["partner_id", "kind", "week_start", "suite", "observed"])


_Held = tuple[str, str, date, str, float | None]


def _slices(rows: pd.DataFrame, suite: str, observed: pd.Series | None = None) -> list[_Held]:
    """The slices of all weeks that the periods of the rows overlap."""
    shares = [None] * len(rows) if observed is None else [float(share) for share in observed]
    spans = zip(
        rows["partner_id"], rows["kind"], rows["period_start"].dt.date, rows["period_end"].dt.date, shares, strict=True
    )
    return [
        (partner, kind, week, suite, share)
        for partner, kind, first, last, share in spans
        for week in weeks_overlapped(first, last)
    ]


def _held_by_acceptance(delivered: pd.DataFrame) -> list[_Held]:
    judged = delivered["lines_read"] - delivered["out_of_scope"] - delivered["duplicate"] - delivered["superseded"]
    share = delivered["accepted"] / judged.where(judged > 0)
    fails = share < _MIN_ACCEPTED
    return _slices(delivered.loc[fails], "acceptance", share[fails])


def _held_by_conflicts(sheet: Printed) -> list[_Held]:
    """Units of the lines dropped for others that differ, as a share of the units that the delivery keeps."""
    lines = sheet.lines.loc[sheet.lines["delivery"].isin(sheet.lines.loc[sheet.lines["is_conflict"], "delivery"])]
    if lines.empty:
        return []
    size, delivery = units_of(lines).abs(), lines["delivery"].astype(int)
    share = (
        size[lines["is_conflict"]].groupby(delivery).sum()
        / size[lines["line_class"] == "accepted"].groupby(delivery).sum()
    )
    fails = share[share > _MAX_CONFLICTS]
    rows = sheet.deliveries.loc[fails.index].assign(partner_id=sheet.feed.layout.partner, kind=sheet.feed.layout.kind)
    return _slices(rows, "duplicates", fails)


def completeness(sheet: Printed) -> np.ndarray:
    """Share of the expected locations that reported, weighted by their trailing units, by week; NaN where none came."""
    places, reported, units = _weekly_units(sheet)
    expected = _expected_locations(places, reported)
    share = np.full(WEEKS, np.nan)
    for week in np.flatnonzero(reported.any(axis=1)):
        weight = units[max(0, week - _TRAILING) : week].sum(axis=0) * expected[week]
        share[week] = (weight * reported[week]).sum() / weight.sum() if weight.sum() else 1.0
    return share


def _held_by_completeness(sheet: Printed) -> list[_Held]:
    share = completeness(sheet)
    weeks = np.flatnonzero(share < _MIN_COMPLETENESS)
    rows = sheet.feed.clean_deliveries.iloc[weeks]
    rows = rows.assign(partner_id=sheet.feed.layout.partner, kind=sheet.feed.layout.kind)
    return _slices(rows, "missing_sell_out", pd.Series(share[weeks]))

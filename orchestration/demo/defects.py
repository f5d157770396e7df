"""Plant defects into clean feeds, and mark every line and delivery they touch.

Belongs here: one function a kind of defect; each changes a feed as a partner's mistake would, and writes on the lines
what they must become (`line_class`, `found_as`, `is_conflict`). Does not belong here: where defects go (`plan`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd

from orchestration.demo.catalogue import products
from orchestration.demo.feeds import Feed, set_values
from orchestration.demo.plan import PLAN, Plant

#: how a cell is broken: reason selltrace must give -> (our column, the text in the file)
_BREAKAGES: Final = {
    "not_a_date": ("period_start", "31/02/2025"),
    "not_a_number": ("units", "12,3,4"),
    "missing_value": ("units", ""),
    "spreadsheet_error": ("units", "#REF!"),
}
_LATER_IN_THE_DAY = pd.Timedelta("01:35:00")
_CORRECTION_CLOCK = pd.Timedelta("11:15:00")


def plant_all(feeds: dict[str, Feed], seed: int) -> None:
    """Plant the whole plan. A defect's number is its place in the plan."""
    for number, plant in enumerate(PLAN):
        PLANTERS[plant.kind](feeds[plant.contract_id], plant, number, np.random.default_rng([seed, 100, number]))


def _touched(feed: Feed, plant: Plant) -> pd.Index:
    """Deliveries of the periods that the plant touches, without corrections and copies."""
    table = feed.deliveries
    in_time = table["period_start"].between(pd.Timestamp(plant.first), pd.Timestamp(plant.until))
    return table.index[in_time & (table["defect"] == -1)]


def _lines_of(feed: Feed, plant: Plant) -> pd.DataFrame:
    return feed.lines.loc[feed.lines["delivery"].isin(_touched(feed, plant))]


def _sample(rng: np.random.Generator, lines: pd.DataFrame, count: int) -> pd.Index:
    return lines.index[np.sort(rng.choice(len(lines), count, replace=False))]


def _drop(feed: Feed, chosen: pd.Index, number: int) -> None:
    gone = feed.lines.loc[chosen].assign(defect=number)
    feed.dropped = pd.concat([feed.dropped, gone], ignore_index=True)
    feed.lines = feed.lines.drop(index=chosen)


def _add_lines(feed: Feed, lines: pd.DataFrame) -> None:
    feed.lines = pd.concat([feed.lines, lines], ignore_index=True)


def _add_delivery(feed: Feed, like: int, received_at: pd.Timestamp, number: int, copy_of: int = -1) -> int:
    """Add a delivery for the same period as another one; returns its place."""
    added = feed.deliveries.loc[[like]].assign(received_at=received_at, copy_of=copy_of, defect=number)
    feed.deliveries = pd.concat([feed.deliveries, added], ignore_index=True)
    return len(feed.deliveries) - 1


def _late(feed: Feed, plant: Plant, number: int, rng: np.random.Generator) -> None:
    """The delivery comes so many days after the day on which it was due."""
    for place in _touched(feed, plant):
        delivery: Any = feed.deliveries.loc[place]
        due = delivery["period_end"] + pd.Timedelta(days=feed.layout.latency_days)
        # at another time of day than the files that come in time, so that no two have one name
        clock = delivery["received_at"] - delivery["received_at"].normalize() + _LATER_IN_THE_DAY
        moment = due + pd.Timedelta(days=plant.options["days"]) + clock
        set_values(feed.deliveries, place, received_at=moment, defect=number)


def _missing(feed: Feed, plant: Plant, number: int, rng: np.random.Generator) -> None:
    """The delivery never comes."""
    places = _touched(feed, plant)
    _drop(feed, feed.lines.index[feed.lines["delivery"].isin(places)], number)
    set_values(feed.deliveries, places, is_sent=False, defect=number)


def _resent(feed: Feed, plant: Plant, number: int, rng: np.random.Generator) -> None:
    """The same bytes come again later, under another name."""
    first = feed.delivery_of(plant.first)
    later = feed.received_at(first) + pd.Timedelta(minutes=plant.options["minutes"])
    _add_delivery(feed, first, later, number, copy_of=first)


def _doubled(feed: Feed, plant: Plant, number: int, rng: np.random.Generator) -> None:
    """Lines stand twice; the last one is right, and some of the first ones differ from it."""
    lines = _lines_of(feed, plant)
    chosen = _sample(rng, lines.loc[lines["units"] > 0], plant.options["lines"])
    doubles = feed.lines.loc[chosen].assign(line_class="duplicate", found_as="duplicate_line", defect=number)
    doubles["place"] -= 0.5
    differs = np.arange(len(doubles)) < plant.options["conflicts"]
    doubles["is_conflict"] = differs
    doubles["units"] += 2.0 * differs
    _add_lines(feed, doubles)


def _restated(feed: Feed, plant: Plant, number: int, rng: np.random.Generator) -> None:
    """The first delivery is wrong in some lines; a later one states them right, alone or (replace_period) with all."""
    first = feed.delivery_of(plant.first)
    of_delivery = feed.lines.loc[feed.lines["delivery"] == first]
    changed = _sample(rng, of_delivery.loc[of_delivery["units"] >= 2], plant.options["lines"])
    unchanged = _sample(rng, of_delivery.drop(index=changed), plant.options["unchanged"])
    is_whole = feed.layout.delivery == "replace_period"
    again = of_delivery.index if is_whole else changed.append(unchanged)
    received_on = feed.received_at(first).normalize() + pd.Timedelta(days=plant.options["days"])
    later = _add_delivery(feed, first, received_on + _CORRECTION_CLOCK, number)
    correction = feed.lines.loc[again].assign(delivery=later, defect=number)
    set_values(correction, changed, found_as="restatement")
    set_values(correction, unchanged, line_class="duplicate", found_as="duplicate_line")
    set_values(feed.lines, again if is_whole else changed, line_class="superseded", defect=number)
    set_values(feed.lines, changed, units=feed.lines.loc[changed, "units"] - 1)
    _add_lines(feed, correction)


def _unreadable(feed: Feed, plant: Plant, number: int, rng: np.random.Generator) -> None:
    """Cells that cannot be read: one kind, or all kinds in turn."""
    lines = _lines_of(feed, plant)
    count = plant.options.get("lines") or int(len(lines) * plant.options["share"])
    chosen = _sample(rng, lines, count)
    reasons = [plant.options["only"]] if "only" in plant.options else list(_BREAKAGES)
    for turn, reason in enumerate(reasons):
        column, text = _BREAKAGES[reason]
        set_values(feed.lines, chosen[turn :: len(reasons)], bad_column=column, bad_text=text, found_as=reason)
    set_values(feed.lines, chosen, line_class="quarantined", defect=number)


def _unknown_product(feed: Feed, plant: Plant, number: int, rng: np.random.Generator) -> None:
    """Products under codes that nobody announced, in some pharmacies or in all."""
    lines = _lines_of(feed, plant)
    chosen = lines["product"].isin(plant.options["products"])
    if "locations" in plant.options:
        some = rng.choice(lines["location"].unique(), plant.options["locations"], replace=False)
        chosen &= lines["location"].isin(some)
    codes = "N" + lines.loc[chosen, "product_code"]
    marks = {"line_class": "unmatched", "found_as": "product_code", "defect": number}
    set_values(feed.lines, lines.index[chosen], product_code=codes, **marks)


def _unknown_location(feed: Feed, plant: Plant, number: int, rng: np.random.Generator) -> None:
    """A pharmacy reports that the brand does not know; it sells what another one sells."""
    lines = _lines_of(feed, plant)
    model = lines.loc[lines["location"] == lines["location"].max()]
    stranger = model.assign(location=-1, location_code=plant.options["code"], line_class="unmatched", defect=number)
    _add_lines(feed, stranger.assign(found_as="location_code", place=stranger["place"] + 1000))


def _silent(feed: Feed, plant: Plant, number: int, rng: np.random.Generator) -> None:
    """Pharmacies are absent from files that came."""
    lines = _lines_of(feed, plant)
    _drop(feed, lines.index[lines["location"].isin(plant.options["locations"])], number)


def _product_gap(feed: Feed, plant: Plant, number: int, rng: np.random.Generator) -> None:
    """Products are absent from files that came, in a feed that does not promise to be complete."""
    lines = _lines_of(feed, plant)
    _drop(feed, lines.index[lines["product"].isin(plant.options["products"])], number)


def _pack_size(feed: Feed, plant: Plant, number: int, rng: np.random.Generator) -> None:
    """A product is counted in cases instead of units."""
    lines = _lines_of(feed, plant)
    chosen = lines.index[lines["product"].isin(plant.options["products"])]
    case = products()["units_per_case"].to_numpy()[lines.loc[chosen, "product"].to_numpy(int)]
    set_values(feed.lines, chosen, units=lines.loc[chosen, "units"] / case, defect=number)


def _repeated_day(feed: Feed, plant: Plant, number: int, rng: np.random.Generator) -> None:
    """The tills send a day's lines again under the date of the next day, on which nothing was sold."""
    source, target = feed.delivery_of(plant.options["source"]), feed.delivery_of(plant.first)
    lines = feed.lines.loc[feed.lines["delivery"] == source]
    day = pd.Timestamp(plant.first)
    _add_lines(feed, lines.assign(delivery=target, period_start=day, period_end=day, defect=number))
    set_values(feed.deliveries, target, defect=number)


PLANTERS: Final[dict[str, Callable[[Feed, Plant, int, np.random.Generator], None]]] = {
    "late": _late,
    "missing": _missing,
    "resent": _resent,
    "doubled": _doubled,
    "restated": _restated,
    "unreadable": _unreadable,
    "unknown_product": _unknown_product,
    "unknown_location": _unknown_location,
    "silent": _silent,
    "product_gap": _product_gap,
    "pack_size": _pack_size,
    "repeated_day": _repeated_day,
}

"""Which published figure counts what: of every table that can be explained, its columns and their terms.

Belongs here: the terms of a figure, the keys and days that each asks of, and why some figures cannot be told.
Does not belong here: how a line is counted (`measures`), or running the queries (`query`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Role = Literal["", "numerator", "denominator"]

_ANYWHERE: Final = "cast(null as varchar)"
_THERE: Final = "figure.location_id"

_LAST_MONDAY: Final = "cast(date_trunc('week', {day}) as date)"
_MONTHS: Final = "case figure.period when 'quarter' then 3 else 1 end"
#: a week belongs to the month and quarter that hold its Thursday
_PERIOD_FIRST: Final = _LAST_MONDAY.format(day="figure.period_start + 3")
_PERIOD_LAST: Final = (
    "case figure.period when 'week' then figure.period_start else "
    + _LAST_MONDAY.format(day=f"cast(figure.period_start + to_months({_MONTHS}) as date) - 4")
    + " end"
)


@dataclass(frozen=True)
class Term:
    """Lines of one measure, summed over the slots; `slots` selects partner_id, location_id (null: any), product_id,
    needs_location, from_day and to_day from `figure`. `counts_places`: locations that sold count, not units."""

    name: str
    measure: str
    slots: str
    sign: int = 1
    role: Role = ""
    counts_places: bool = False


@dataclass(frozen=True)
class Recipe:
    """A figure as its terms: their sum, or numerators over denominators times `factor` (SQL over `figure`)."""

    terms: tuple[Term, ...]
    factor: str | None = None

    @property
    def is_ratio(self) -> bool:
        """Whether the figure is a quotient: it does not add up over rows."""
        return any(term.role for term in self.terms)

    @property
    def is_additive(self) -> bool:
        """Whether figures of several rows may be summed."""
        return not self.is_ratio and not any(term.counts_places for term in self.terms)


def _slots(
    from_day: str,
    to_day: str,
    *,
    source: str = "figure",
    location: str = _ANYWHERE,
    needs_location: bool = False,
    partner: str = "figure.partner_id",
) -> str:
    return (
        f"select {partner} as partner_id, {location} as location_id, figure.product_id, "
        f"{str(needs_location).lower()} as needs_location, {from_day} as from_day, {to_day} as to_day from {source}"
    )


def _sum(*terms: Term) -> Recipe:
    return Recipe(terms)


def _ratio(numerator: tuple[Term, ...], denominator: tuple[Term, ...], factor: str | None = None) -> Recipe:
    return Recipe(_as("numerator", numerator) + _as("denominator", denominator), factor or "1")


def _as(role: Role, terms: tuple[Term, ...], sign: int = 1) -> tuple[Term, ...]:
    return tuple(
        Term(term.name, term.measure, term.slots, term.sign * sign, role or term.role, term.counts_places)
        for term in terms
    )


def _minus(terms: tuple[Term, ...]) -> tuple[Term, ...]:
    return _as("", terms, -1)


def _weekly(table: str, location: str) -> dict[str, Recipe]:
    keys = ["partner_id", "product_id", *(["location_id"] if location == _THERE else [])]

    def week(measure: str, name: str, weeks: int = 1) -> tuple[Term, ...]:
        first = f"figure.week_start - {7 * (weeks - 1)}"
        return (Term(name, measure, _slots(first, "figure.week_start + 6", location=location)),)

    sell_in, sell_out = week("sell_in", "sell_in_units"), week("sell_out", "sell_out_units")
    received, returned = week("received", "received_units"), week("returned", "returned_units")
    closing = _stock(table, keys, location, 0, "closing_stock_units")
    opening = _stock(table, keys, location, -7, "opening_stock_units")
    places = tuple(Term("selling_locations", term.measure, term.slots, counts_places=True) for term in sell_out)
    trailing = week("sell_out", "sell_out_units of eight weeks", 8)
    same = " and ".join(f"past.{key} = figure.{key}" for key in keys)
    weeks = (
        f"(select count(past.sell_out_units) from {table} as past where {same} "
        "and past.week_start between figure.week_start - 49 and figure.week_start)"
    )
    return {
        "sell_in_units": _sum(*sell_in),
        "received_units": _sum(*received),
        "returned_units": _sum(*returned),
        "sell_out_units": _sum(*sell_out),
        "opening_stock_units": _sum(*opening),
        "closing_stock_units": _sum(*closing),
        "selling_locations": _sum(*places),
        "sell_through_rate": _ratio(sell_out, opening + received + _minus(returned)),
        "sell_through_rate_on_closing_stock": _ratio(sell_out, sell_out + closing),
        "sell_out_to_sell_in_ratio": _ratio(sell_out, sell_in),
        "velocity": _ratio(sell_out, places),
        "average_selling_price": _ratio(week("sell_out_amount", "amount"), week("priced_sell_out", "priced_units")),
        "trailing_sell_out_units": _ratio(trailing, (), f"1 / cast({weeks} as double)"),
        "trailing_weeks_of_cover": _ratio(closing, trailing, weeks),
    }


def _stock(table: str, keys: list[str], location: str, shift: int, name: str) -> tuple[Term, ...]:
    """Stock of a week as it was counted, or as it follows from the last count and what moved since."""
    same = " and ".join(f"stocked.{key} = asked.{key}" for key in keys)
    earlier = " and ".join(f"past.{key} = stocked.{key}" for key in keys)
    stocked = (
        f"(select stocked.*, (select max(past.week_start) from {table} as past where {earlier} "
        "and past.week_start <= stocked.week_start and past.stock_status = 'reported') as counted_week "
        f"from {table} as stocked inner join (select * from figure) as asked on {same} "
        f"and stocked.week_start = asked.week_start + ({shift}) "
        "where stocked.stock_status in ('reported', 'derived')) as figure"
    )
    derived = f"{stocked} where figure.counted_week < figure.week_start"
    counted = _slots("figure.counted_week", "figure.counted_week + 6", source=stocked, location=location)
    after = _slots("figure.counted_week", "figure.counted_week + 6", source=derived, location=location)
    since = _slots("figure.counted_week + 7", "figure.week_start + 6", source=derived, location=location)
    return (
        Term(name, "last_count", counted),
        Term("received after the count", "received_after_count", after),
        Term("returned after the count", "returned_after_count", after, -1),
        Term("sold after the count", "sold_after_count", after, -1),
        Term("received since", "received", since),
        Term("returned since", "returned", since, -1),
        Term("sold since", "sell_out", since, -1),
    )


def _reconciliation() -> dict[str, Recipe]:
    interval = _slots("figure.opening_date + 1", "figure.closing_date", location="figure.location_id")

    def on(day: str) -> str:
        return _slots(day, day, location="figure.location_id")

    opening = Term("opening_units", "roll_counted", on("figure.opening_date"))
    received = Term("received_units", "roll_received", interval)
    returned = Term("returned_units", "roll_returned", interval)
    sold = Term("sell_out_units", "roll_sold", interval)
    adjusted = Term("adjustment_units", "roll_adjusted", on("figure.closing_date"))
    closing = Term("reported_closing_units", "roll_counted", on("figure.closing_date"))
    expected = (opening, received, *_minus((returned, sold)), adjusted)
    return {
        **{term.name: _sum(term) for term in (opening, received, returned, sold, adjusted, closing)},
        "expected_closing_units": _sum(*expected),
        "variance_units": _sum(closing, *_minus(expected)),
    }


def _distribution() -> dict[str, Recipe]:
    everywhere = (
        "(select figure.*, partners.partner_id as of_partner from figure inner join dim_partners as partners "
        "on figure.scope = 'all_partners' or partners.partner_id = figure.partner_id) as figure"
    )
    slots = _slots(
        _PERIOD_FIRST, f"{_PERIOD_LAST} + 6", source=everywhere, needs_location=True, partner="figure.of_partner"
    )
    sold = Term("sell_out_units", "sell_out", slots)
    places = Term("selling_locations", "sell_out", slots, counts_places=True)
    return {
        "sell_out_units": _sum(sold),
        "selling_locations": _sum(places),
        "velocity": _ratio((sold,), (places,), "cast(1 as double) / figure.weeks"),
        "numeric_distribution": _ratio((places,), (), "cast(1 as double) / figure.universe_locations"),
    }


def _pressure_index() -> dict[str, Recipe]:
    def pairs(product: str) -> str:
        """Partners whose pair of stock and sales is told, since those alone enter the rows of all partners."""
        return (
            "(select pairs.* from pressure_index as pairs inner join (select * from figure) as asked "
            f"on pairs.period = asked.period and pairs.period_start = asked.period_start {product} "
            "and (asked.scope = 'all_partners' or pairs.partner_id = asked.partner_id) "
            "where pairs.scope = 'partner') as figure"
        )

    def sold(product: str) -> tuple[Term, ...]:
        slots = _slots(_PERIOD_FIRST, f"{_PERIOD_LAST} + 6", source=pairs(product))
        return (Term("sell_out_units", "sell_out", slots),)

    def stock(product: str) -> tuple[Term, ...]:
        last = (
            f"(select figure.* exclude (period_start), (select max(week_start) from sell_through_weekly "
            f"where week_start between {_PERIOD_FIRST} and {_PERIOD_LAST}) as week_start from {pairs(product)})"
        )
        return tuple(
            Term(term.name, term.measure, term.slots.replace("(select * from figure)", last), term.sign)
            for term in _stock("sell_through_weekly", ["partner_id", "product_id"], _ANYWHERE, 0, "closing_stock_units")
        )

    own, all_products = "and pairs.product_id = asked.product_id", ""
    return {
        "sell_out_units": _sum(*sold(own)),
        "closing_stock_units": _sum(*stock(own)),
        "share_of_stock": _ratio(stock(own), stock(all_products)),
        "share_of_market": _ratio(sold(own), sold(all_products)),
    }


_AT_PARTNERS: Final = _weekly("sell_through_weekly", _ANYWHERE)
_AT_LOCATIONS: Final = _weekly("sell_through_location_weekly", _THERE)

#: columns that are told from lines, by table; those of a fact are its own lines
RECIPES: Final[dict[str, dict[str, Recipe]]] = {
    "sell_through_weekly": _AT_PARTNERS,
    "sell_through_location_weekly": _AT_LOCATIONS,
    "reconciliation": _reconciliation(),
    "distribution": _distribution(),
    "pressure_index": _pressure_index(),
    "availability_location_weekly": {"sell_out_units": _AT_LOCATIONS["sell_out_units"]},
    "sell_through_cohorts": {"received_units": _AT_PARTNERS["received_units"]},
    "sell_through_location_cohorts": {"received_units": _AT_LOCATIONS["received_units"]},
}

_BY_FIFO: Final = "what is sold and left of a receipt follows, first in first out, from all weeks since it"
_OF_DAYS: Final = "it counts days, also those on which a complete report leaves the product out"
_OF_PLACES: Final = "it looks at all products of all places that could sell"

_OF_REPORTS: Final = dict.fromkeys(
    ("completeness", "completeness_by_count"), "it tells of reports that did not come; missing_sell_out has them"
)

_OF_WEEKS: Final = _OF_REPORTS | {
    "estimated_sell_out_units": "it stands for lines that did not come; sell_out_estimates has its method",
    "sell_through_rate_gap": "it is sell_through_rate - sell_through_rate_on_closing_stock: explain these",
    "forward_weeks_of_cover": "it follows closing_stock_units through sell_out_units of the weeks that came",
}

#: why other figures cannot be told from lines, by table and column ('': all others of the table)
UNTOLD: Final[dict[str, dict[str, str]]] = {
    "sell_through_weekly": _OF_WEEKS,
    "sell_through_location_weekly": _OF_WEEKS,
    "distribution": _OF_REPORTS | {"": _OF_PLACES},
    "pressure_index": _OF_REPORTS | {"pressure_index": "it is share_of_stock / share_of_market: explain these"},
    "availability_location_weekly": _OF_REPORTS
    | {"trailing_sell_out_units": "explain it in sell_through_location_weekly", "": _OF_DAYS},
    "availability": _OF_REPORTS | {"": _OF_DAYS},
    "sell_through_cohorts": _OF_REPORTS | {"": _BY_FIFO},
    "sell_through_location_cohorts": _OF_REPORTS | {"": _BY_FIFO},
    "sell_out_estimates": {"": "it stands for lines that did not come"},
    "missing_sell_out": {"": "it stands for lines that did not come"},
    "reconciliation": {"confidence": "a rule states it; evidence and cause say which"},
}

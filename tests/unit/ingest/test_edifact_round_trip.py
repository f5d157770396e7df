"""Any line items, written with any delimiters, read back as they were."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st

from tests.unit.ingest.edifact_samples.interchange import column, edifact_contract, rows

#: line breaks are no data of EDIFACT, and surrounding blanks are trimmed
TEXT = st.text(
    st.characters(codec="latin-1", exclude_categories=["Cc"]) | st.sampled_from(":+.,?'*!~|"), min_size=1, max_size=30
).filter(lambda text: text == text.strip())
NUMBERS = st.decimals(min_value=-(10**6), max_value=10**6, places=3).map(lambda number: format(number, "f"))
ITEMS = st.fixed_dictionaries(
    {"product_code": TEXT, "label": st.none() | TEXT, "units": NUMBERS, "amount": st.none() | NUMBERS}
)
LOCATIONS = st.lists(st.tuples(TEXT, st.lists(ITEMS, max_size=4)), max_size=4)
SEPARATORS = "".join(chr(code) for code in range(33, 127) if not chr(code).isalnum() and chr(code) not in ".,-")


@st.composite
def delimiters(draw: st.DrawFn) -> dict[str, str]:
    """Four separators that differ, a decimal mark, and what stands between segments."""
    component, element, release, terminator = draw(st.permutations(SEPARATORS))[:4]
    return {
        "component": component,
        "element": element,
        "release": release,
        "terminator": draw(st.sampled_from([terminator, terminator, "\n", "\x1c"])),
        "decimal": draw(st.sampled_from(".,")),
        "between": draw(st.sampled_from(["", "\r\n", "\n"])),
    }


def written(marks: dict[str, str], *segments: list[Any]) -> str:
    """Segments of elements, each a text or a list of components, in the delimiters."""

    def released(text: str) -> str:
        special = {marks[name] for name in ("component", "element", "release", "terminator")}
        return "".join(f"{marks['release']}{one}" if one in special else one for one in text)

    def joined(element: Any) -> str:
        components = element if isinstance(element, list) else [element]
        return marks["component"].join(released(component) for component in components)

    ends = marks["terminator"] + marks["between"]
    return "".join(marks["element"].join(joined(element) for element in segment) + ends for segment in segments)


@given(delimiters(), LOCATIONS, TEXT)
@trials(
    max_examples=int(os.environ.get("SELLTRACE_EXAMPLES", "40")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_line_items_read_back_as_they_were(marks: dict[str, str], locations: list[Any], partner: str) -> None:
    una = f"UNA{marks['component']}{marks['element']}{marks['decimal']}{marks['release']} {marks['terminator']}"
    inner: list[list[Any]] = [["BGM", "73E", "R1", "9"], ["DTM", ["356", "20260706", "102"]], ["NAD", "BY", partner]]
    for location, items in locations:
        inner.append(["LOC", "162", [location, "", "9"]])
        for number, item in enumerate(items, start=1):
            inner.append(["LIN", str(number), "", [item["product_code"], "EN"]])
            if item["label"] is not None:
                inner.append(["IMD", "F", "", ["", "", "", item["label"]]])
            if item["amount"] is not None:
                inner.append(["MOA", ["203", item["amount"].replace(".", marks["decimal"])]])
            inner.append(["QTY", ["153", item["units"].replace(".", marks["decimal"]), "PCE"]])
    message = [["UNH", "1", ["SLSRPT", "D", "96A", "UN"]], *inner, ["UNT", str(len(inner) + 2), "1"]]
    text = una + written(marks, ["UNB", ["UNOC", "3"], "a", "b", "c", "1"], *message, ["UNZ", "1", "1"])
    found = rows(text, edifact_contract())
    names = ("location_code", "product_code", "label", "units", "amount")
    assert column(found, *names, "problem", "partner_code") == [
        (location, *(item[name] for name in names[1:]), None, partner)
        for location, items in locations
        for item in items
    ]

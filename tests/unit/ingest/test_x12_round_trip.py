"""Any line items, written with any marks, fixed-width or not, read back as they were."""

from __future__ import annotations

import os
import re
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis import strategies as st

from tests.unit.ingest.x12_files import WEEK, group, interchange, rows_of, transaction_set, x12_contract

#: what stands for a mark while segments are put together; no text of an item holds one
ELEMENT, COMPONENT, END = "*", ">", "~"
PUNCTUATION = [chr(code) for code in range(33, 127) if not chr(code).isalnum() and chr(code) not in ".-"]
MARKS = st.lists(st.sampled_from([*PUNCTUATION, "\x1c", "\x1d", "\x1e", "\x1f"]), min_size=3, max_size=3, unique=True)
BLANKS_AROUND = re.compile(r"^[\s\ufeff]+|[\s\ufeff]+$")
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)
UNITS = st.decimals(min_value=-(10**6), max_value=10**6, places=2).map(lambda number: format(number, "f"))
ITEMS = st.lists(
    st.fixed_dictionaries(
        {
            "product": TEXT,
            "label": st.none() | TEXT,
            "places": st.dictionaries(TEXT, UNITS, max_size=25),
            "units": UNITS,
            "says_total": st.booleans(),
        }
    ),
    max_size=6,
)


def _segments(items: list[dict[str, Any]]) -> list[str]:
    found = []
    for number, item in enumerate(items, start=1):
        found.append(f"LIN*{number}*VN*{item['product']}")
        if item["label"]:
            found.append(f"PID*F****{item['label']}")
        places = [f"{place}*{units}" for place, units in item["places"].items()]
        if not places:
            found.append(f"ZA*QS*{item['units']}*EA")
            continue
        total = format(sum(map(Decimal, item["places"].values())), "f") if item["says_total"] else ""
        found.append(f"ZA*QS*{total}*EA")
        found += [f"SDQ*EA*92*{'*'.join(places[at : at + 10])}" for at in range(0, len(places), 10)]
    return found


def _without(marks: str, value: Any) -> Any:
    """A value without marks, which X12 cannot hold, and without blanks and byte order marks around it, which go."""
    if isinstance(value, dict):
        return {_without(marks, key): _without(marks, inner) for key, inner in value.items()}
    if not isinstance(value, str):
        return value
    return BLANKS_AROUND.sub("", "".join("x" if one in marks else one for one in value)) or "x"


@given(
    ITEMS,
    MARKS,
    st.booleans(),
    st.sampled_from(["", "\n", "\r\n", "\r\n\t  "]),
    st.sampled_from([None, None, "\n", "\r\n"]),
)
@trials(
    max_examples=int(os.environ.get("SELLTRACE_EXAMPLES", "40")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_line_items_read_back_as_they_were_written(
    items: list[dict[str, Any]], marks: list[str], is_fixed: bool, between: str, line_end: str | None
) -> None:
    forbidden = "".join(marks) + ELEMENT + COMPONENT + END
    sent = [{name: _without(forbidden, value) for name, value in item.items()} for item in items]
    written = END.join(interchange(group(transaction_set("852", WEEK, *_segments(sent))), is_fixed=is_fixed)) + END
    ends = line_end or marks[2] + between
    text = written.translate({ord(ELEMENT): marks[0], ord(COMPONENT): marks[1], ord(END): ends})
    with tempfile.TemporaryDirectory() as folder:
        found = rows_of(Path(folder), text, x12_contract("sell_out", "units"))
    expected = [
        (item["product"], item["label"], place, units)
        for item in sent
        for place, units in (item["places"] or {None: item["units"]}).items()
    ]
    columns = ("product_code", "label", "location_code", "units")
    assert [tuple(row.get(column) for column in columns) for row in found] == expected
    assert not [row for row in found if "problem" in row]
    assert len({row["line_number"] for row in found}) == len(found)

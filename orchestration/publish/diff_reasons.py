"""Why a line of a fact changed from one release to the next: the classes, their order, and how each is told.

Belongs here: the conditions, as SQL over one row a changed line (`diff_lines` makes it), and the words of the evidence.
Does not belong here: finding the lines, or adding them up.

The first class whose condition holds is the reason, so that every changed line has one. What decides of a slice comes
first, then what people and partners did (withdrawals, deliveries), then how deliveries are read, last our own code.
"""

from __future__ import annotations

from typing import Final

#: class, what it means to a person, its condition
REASONS: Final[tuple[tuple[str, str, str], ...]] = (
    ("held", "a gate holds the slice back now", "slice_is_held"),
    ("mended", "the slice was held back before", "slice_was_held"),
    (
        "withdrawn",
        "a delivery was withdrawn, or restored",
        "is_withdrawn <> was_withdrawn or (contract_withdrawals and not contract_deliveries and known_before "
        "and (superseded <> superseded_before or duplicate <> duplicate_before))",
    ),
    ("restated", "a later delivery restated lines", "is_new_delivery and replaces_line"),
    ("new", "a new delivery for a new period", "is_new_delivery and (last_day is null or line_day > last_day)"),
    ("late", "a new delivery for an old period", "is_new_delivery"),
    (
        "restated",
        "a later delivery restated lines",
        "known_before and known_now and contract_deliveries "
        "and (superseded <> superseded_before or duplicate <> duplicate_before)",
    ),
    (
        "contract",
        "the contract reads the delivery otherwise, or no longer",
        "known_before and (not known_now or contract_version <> contract_version_before)",
    ),
    (
        "mapping",
        "codes were matched otherwise, without a new delivery",
        "known_before and (unmatched <> unmatched_before or ids_changed)",
    ),
    ("rates", "exchange rates or the reporting currency changed", "only_reporting_changed"),
    ("contract", "the contract changed", "contract_changed"),
    ("code", "the code changed, and none of the others", "code_changed"),
    # units of a code count here: what is left that can change a line which stays where it is
    ("mapping", "master data changed", "known_before and known_now and in_both"),
    ("unexplained", "none of the known reasons", "true"),
)

#: what a class means to a person; of two ways to one class the first
MEANING: Final = {reason: meaning for reason, meaning, _ in reversed(REASONS)}


def reason_sql() -> str:
    """The class of a changed line."""
    whens = " ".join(f"when {condition} then '{reason}'" for reason, _, condition in REASONS)
    return f"case {whens} end"


#: by class: what is named as evidence, as SQL over the lines of a slice and class, at most three of a kind
EVIDENCE: Final[dict[str, str]] = {
    "held": "any_value(held_reason)",
    "mended": "concat_ws('; by ', 'was held: ' || any_value(held_reason_before), {new_files})",
    "withdrawn": "{withdrawn_files}",
    "restated": "concat_ws(' instead of ', {new_files}, {old_files})",
    "new": "{new_files}",
    "late": "{new_files}",
    "contract": "{contracts}",
    "mapping": "concat_ws(' instead of ', {products}, {products_before})",
    "rates": "'reporting currency ' || any_value(currencies)",
    "code": "any_value(codes)",
}

_LISTS: Final[dict[str, str]] = {
    "withdrawn_files": "case when is_withdrawn <> was_withdrawn then file_name end",
    "new_files": "case when in_newer then file_name end",
    "old_files": "case when not in_newer then file_name end",
    "contracts": "contract_words",
    "products": "case when in_newer then product_id end",
    "products_before": "case when not in_newer or in_both then product_id_before end",
}


def evidence_sql(reason: str) -> str:
    """The evidence of a slice's lines of one class, as text; `reason` names the column that holds the class."""
    lists = {name: _three_of(expression) for name, expression in _LISTS.items()}
    whens = " ".join(f"when '{name}' then {sql.format(**lists)}" for name, sql in EVIDENCE.items())
    return f"case {reason} {whens} end"


def _three_of(expression: str) -> str:
    found = f"list_sort(list(distinct {expression}) filter ({expression} is not null))"
    return (
        f"nullif(concat(array_to_string({found}[:3], ', '), "
        f"case when len({found}) > 3 then ' and ' || (len({found}) - 3) || ' more' end), '')"
    )

"""What the Open Data Contract Standard itself demands, told in short sentences.

Belongs here: wording what breaks the standard's schema, and how to mend it.
Does not belong here: the schema (`schema`), our own words (`words`), how parts fit together (`check`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from jsonschema.exceptions import ValidationError

from orchestration.contracts.document import Document, Place
from orchestration.contracts.problems import Report, closest, write_one_of
from orchestration.contracts.schema import known_words, validator
from orchestration.contracts.words import CONTRACT_WORDS, SERVER_WORDS

#: how like a missing word an unknown one must be to be taken for it, so that the slip is told once
_SLIP: Final = 0.8
_TYPE_NAMES: Final = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "empty",
}


@dataclass(frozen=True)
class _Breach:
    """One broken rule of the schema: the rule and what it demands, the part that breaks it, and where that stands."""

    rule: str
    demanded: Any
    part: Any
    place: Place
    schema: Any
    message: str


def check_standard(document: Document, report: Report) -> None:
    """Report every way in which a document breaks the standard's schema."""
    for error in validator().iter_errors(document.data):
        for breach in _breaches(error):
            if not _told_as_untyped(breach, document, report):
                _WORDING.get(breach.rule, _other)(breach, document, report)


def _breaches(error: ValidationError) -> Iterator[_Breach]:
    """Follow `anyOf` and `oneOf` into the alternative whose type fits, so that the exact mistake is told."""
    branches: dict[Any, list[ValidationError]] = {}
    for part in error.context or ():
        branches.setdefault(part.schema_path[0], []).append(part)
    fitting = [parts for parts in branches.values() if not any(_is_misfit(part) for part in parts)]
    if fitting:
        for part in min(fitting, key=len):
            yield from _breaches(part)
    else:
        place = tuple(error.absolute_path)
        yield _Breach(str(error.validator), error.validator_value, error.instance, place, error.schema, error.message)


def _is_misfit(error: ValidationError) -> bool:
    return error.validator == "type" and not error.path


def _told_as_untyped(breach: _Breach, document: Document, report: Report) -> bool:
    """Tell the cause alone where a column lacks `logicalType`: the schema then applies the rules of every type."""
    place = breach.place
    if document.data is None or len(place) < 4 or (place[0], place[2]) != ("schema", "properties"):
        return False
    column = document.data["schema"][place[1]]["properties"][place[3]]
    if not isinstance(column, dict) or "logicalType" in column:
        return False
    if place[4:5] == ("logicalTypeOptions",) or (
        len(place) == 4 and breach.rule == "required" and breach.demanded != ["name"]
    ):
        cure = "Write `logicalType: string`, date, timestamp, integer, number or boolean"
        report.error(place[:4], "`logicalType` is missing", cure)
        return True
    return False


def _missing(breach: _Breach, _document: Document, report: Report) -> None:
    unknown = breach.part.keys() - known_words(breach.schema, breach.part)
    for word in breach.demanded:
        if word not in breach.part and closest(word, unknown, _SLIP) is None:
            report.error(breach.place, f"`{word}` is missing", f"Write `{word}: …`")


def _wrong_type(breach: _Breach, document: Document, report: Report) -> None:
    wanted = [breach.demanded] if isinstance(breach.demanded, str) else breach.demanded
    names = " or ".join(_TYPE_NAMES[name] for name in wanted)
    written = document.texts.get(breach.place)
    cure = f'Quote it: "{written}"' if "string" in wanted and written else f"Write {names}"
    report.error(breach.place, f"`{_name(breach.place)}` is not {names}", cure)


def _not_allowed(breach: _Breach, _document: Document, report: Report) -> None:
    allowed = [str(value) for value in breach.demanded]
    message = f"`{_name(breach.place)}` cannot be `{breach.part}`"
    report.error(breach.place, message, write_one_of(breach.part, allowed))


def _unknown_words(breach: _Breach, _document: Document, report: Report) -> None:
    if report.told((*breach.place, "type")):
        return  # which words a server knows hangs on its type
    known = known_words(breach.schema, breach.part)
    for word in sorted(breach.part.keys() - known):
        message = f"the standard has no word `{word}` here"
        report.error((*breach.place, word), message, _cure_unknown(word, breach.place, known))


def _cure_unknown(word: str, place: Place, known: set[str]) -> str:
    if (not place and word in CONTRACT_WORDS) or (place[:1] == ("servers",) and word in SERVER_WORDS):
        return f"Write `{{property: {word}, value: …}}` under `customProperties`"
    match = closest(word, known)
    return f"Did you mean `{match}`?" if match else f"Remove it, or write one of {', '.join(sorted(known))}"


def _other(breach: _Breach, _document: Document, report: Report) -> None:
    message = f"`{_name(breach.place)}` breaks the standard: {breach.message}"
    report.error(breach.place, message, "Write it as the ODCS documentation says")


def _name(place: Place) -> str:
    """Name a part as a reader would: its word, with the position in a list."""
    words = [step for step in place if isinstance(step, str)]
    if not words:
        return "contract"
    return f"{words[-1]}[{place[-1]}]" if isinstance(place[-1], int) else words[-1]


_WORDING: Final[dict[str, Callable[[_Breach, Document, Report], None]]] = {
    "required": _missing,
    "type": _wrong_type,
    "enum": _not_allowed,
    "additionalProperties": _unknown_words,
    "unevaluatedProperties": _unknown_words,
}

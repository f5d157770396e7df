"""The mapped columns of a contract: `schema[0].properties`, checked against the canonical columns of the kind.

Belongs here: one property to one `Mapping`, and what all of them together must give.
Does not belong here: the columns themselves (`kinds`), casting cells (`ingest`).
"""

from __future__ import annotations

from typing import Any, Final

from orchestration.contracts import values
from orchestration.contracts.date_formats import format_error
from orchestration.contracts.document import Document, Place, listed
from orchestration.contracts.kinds import AMOUNT, DATE, FLAG, KINDS, RATE, TEXT, UNITS, WHOLE, Column, Kind
from orchestration.contracts.model import Mapping
from orchestration.contracts.problems import Report, closest, write_one_of
from orchestration.contracts.sql import pattern_error
from orchestration.contracts.values import Entry

_NUMBERS: Final = ("integer", "number")
#: logical types of the standard that fit a canonical column's type
_LOGICAL_TYPES: Final[dict[str, tuple[str, ...]]] = {
    TEXT: ("string", "integer", "number"),
    DATE: ("date", "timestamp", "string"),
    FLAG: ("boolean", "string", "integer"),
    **dict.fromkeys((UNITS, AMOUNT, RATE, WHOLE), _NUMBERS),
}
#: how like `personal` another classification must be to be taken for a slip
_SLIP: Final = 0.8
#: options of the standard that nothing here enforces; a reader must not believe they do
_IDLE_OPTIONS: Final = ("minLength", "maxLength", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")


def read_kind(data: dict[str, Any], report: Report) -> Kind | None:
    """Read which record kind the contract fills: the name of its one schema object."""
    objects = data.get("schema")
    if not isinstance(objects, list) or not objects:
        report.error(("schema",), "the contract has no schema", "Write `schema: [{name: sell_out, properties: […]}]`")
        return None
    for position in range(1, len(objects)):
        message = "a contract has one schema object, this one is more"
        report.error(("schema", position), message, "Give it a contract of its own; both may read the same files")
    name = objects[0].get("name") if isinstance(objects[0], dict) else None
    if not isinstance(name, str):
        return None  # the standard's schema has told it
    if name not in KINDS:
        report.error(("schema", 0, "name"), f"unknown record kind `{name}`", write_one_of(name, tuple(KINDS)))
        return None
    return KINDS[name]


def read_mappings(
    data: dict[str, Any], kind: Kind | None, defaults: dict[str, Any], document: Document, report: Report
) -> tuple[Mapping, ...]:
    """Read the mapped columns in the order of the contract; those that are wrong are reported and left out."""
    mappings: dict[str, Mapping] = {}
    for place, column in _columns(data):
        if (mapping := _Property(place, column, kind, document, report).read()) is None:
            continue
        if mapping.name in mappings:
            first = next(at for at, other in _columns(data) if other.get("name") == mapping.name)
            message = f"`{mapping.name}` is mapped twice, first on line {document.line(first)}"
            report.error((*place, "name"), message, "Keep one, or join both in `transformLogic`")
        elif mapping.name not in defaults or "physicalName" in column or "transformLogic" in column:
            # a property that only declares a defaulted column (as part of the key, say) maps nothing
            mappings[mapping.name] = mapping
    return tuple(mappings.values())


def _columns(data: dict[str, Any]) -> list[tuple[Place, dict[str, Any]]]:
    return [
        (("schema", 0, "properties", position), column)
        for object_position, schema_object in listed(data, "schema")
        for position, column in listed(schema_object, "properties")
        if object_position == 0 and isinstance(column.get("name"), str)
    ]


class _Property:
    """Reads one property of the schema."""

    def __init__(
        self, place: Place, column: dict[str, Any], kind: Kind | None, document: Document, report: Report
    ) -> None:
        self._place = place
        self._column = column
        self._kind = kind
        self._document = document
        self._report = report
        options = column.get("logicalTypeOptions")
        self._options: dict[str, Any] = options if isinstance(options, dict) else {}

    def read(self) -> Mapping | None:
        """Return the mapping, or None if the column is not one of the kind's."""
        name = self._column["name"]
        canonical = self._canonical(name)
        if self._kind and canonical is None:
            return None
        self._check_logical_type(name, canonical)
        self._check_idle_options()
        logic = self._text("transformLogic", values.sql_expression)
        minimum, maximum = self._bounds()
        return Mapping(
            name=name,
            physical_name=None if logic else self._text("physicalName", values.text) or name,
            transform_logic=logic,
            date_format=self._date_format(canonical),
            required=self._column.get("required") is True or bool(canonical and canonical.required),
            primary_key=self._column.get("primaryKey") is True,
            personal=self._is_personal(),
            pattern=self._pattern(),
            minimum=minimum,
            maximum=maximum,
            enum=self._enum(),
        )

    def _canonical(self, name: str) -> Column | None:
        if self._kind is None:
            return None
        if name not in self._kind.columns:
            message = f"{self._kind.name} has no column `{name}`"
            self._report.error((*self._place, "name"), message, write_one_of(name, tuple(self._kind.columns)))
        return self._kind.columns.get(name)

    def _entry(self, holder: dict[str, Any], word: str, *steps: str) -> Entry:
        return Entry(word, holder[word], (*self._place, *steps, word), self._document)

    def _text(self, word: str, read: values.Reader) -> str | None:
        return read(self._entry(self._column, word), self._report) if word in self._column else None

    def _check_logical_type(self, name: str, canonical: Column | None) -> None:
        given = self._column.get("logicalType")
        if canonical and isinstance(given, str) and given not in _LOGICAL_TYPES[canonical.type]:
            fitting = _LOGICAL_TYPES[canonical.type][0]
            message = f"`{name}` is {fitting} in {self._kind.name if self._kind else ''}, not {given}"
            self._report.warning((*self._place, "logicalType"), message, f"Write `logicalType: {fitting}`")

    def _check_idle_options(self) -> None:
        for word in _IDLE_OPTIONS:
            if word in self._options:
                place = (*self._place, "logicalTypeOptions", word)
                self._report.warning(place, f"`{word}` is not checked", "Write pattern, minimum, maximum or enum")

    def _date_format(self, canonical: Column | None) -> str | None:
        given = self._options.get("format")
        if canonical is None or canonical.type != DATE or not isinstance(given, str):
            return None
        if (wrong := format_error(given)) is not None:
            place = (*self._place, "logicalTypeOptions", "format")
            self._report.error(place, f"the date format `{given}` {wrong[0]}", wrong[1])
        return given

    def _bounds(self) -> tuple[float | None, float | None]:
        bounds = [self._bound("minimum"), self._bound("maximum")]
        if bounds[0] is not None and bounds[1] is not None and bounds[0] > bounds[1]:
            place = (*self._place, "logicalTypeOptions", "minimum")
            self._report.error(place, "`minimum` is greater than `maximum`", "Swap them")
        return bounds[0], bounds[1]

    def _bound(self, word: str) -> float | None:
        given = self._options.get(word)
        if isinstance(given, int | float) and not isinstance(given, bool):
            return float(given)
        if isinstance(given, str) and self._column.get("logicalType") not in _NUMBERS:
            place = (*self._place, "logicalTypeOptions", word)
            self._report.error(
                place, f"`{word}` of a date is not checked", "Remove it, or write a condition in `where`"
            )
        return None

    def _pattern(self) -> str | None:
        given = self._options.get("pattern")
        if not isinstance(given, str):
            return None
        if (reason := pattern_error(given)) is not None:
            place = (*self._place, "logicalTypeOptions", "pattern")
            self._report.error(place, f"the pattern `{given}` cannot be used: {reason}", "Write it in RE2 syntax")
        return given

    def _enum(self) -> tuple[str, ...]:
        return tuple(
            self._document.texts.get((*self._place, "enum", position, "value"), str(item["value"]))
            for position, item in listed(self._column, "enum")
            if "value" in item
        )

    def _is_personal(self) -> bool:
        given = self._column.get("classification")
        if isinstance(given, str) and given != "personal" and closest(given, ["personal"], _SLIP):
            # a slip here would store what must never be stored
            message = f"the classification `{given}` does not protect the column"
            self._report.error((*self._place, "classification"), message, "Did you mean `personal`?")
        return given == "personal"

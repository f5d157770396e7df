"""The one statement that turns cells into canonical columns, and says of each line that does not fit why.

Belongs here: casts, checks of one line and their reasons, as SQL made from the contract.
Does not belong here: where cells come from (a reader's relation with one text column a partner column).
"""

from __future__ import annotations

from dataclasses import dataclass

from orchestration.contracts.kinds import BASIS_DOCUMENT_TYPES, DATE, FLAG, TEXT, WHOLE
from orchestration.contracts.model import Contract, Mapping
from orchestration.ingest.sql import name, ours, strptime_format, text

#: as spreadsheets print them in English, French, German and Spanish; `###` is a column too narrow for its number
_SPREADSHEET_ERRORS = (
    r"#(REF!|N/A|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|GETTING_DATA"
    r"|VALEUR!|NOM\?|NOMBRE!|NUL!|N/D|EPARS!|BEZUG!|WERT!|ZAHL!|NV"
    r"|¡(REF|VALOR|DIV/0|NUM|NULO)!|¿NOMBRE\?|#{2,})"
)
_MASK = "***"
#: endings of the names of columns that hold codes
_CODES = ("code", "_id", "gtin")
_NUMBER_OF_A_CODE = r"[0-9]([.,][0-9]+)?[eE]\+[0-9]+"
_TEXT_FORMULA = r'^="([^"]*)"$'
#: how a cell that holds a date is spelled
_DATE_CELL = "[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?"
_DATE_OF_A_NUMBER = r"([0-9]{1,2}[-/.][0-9]{1,2}[-/.]([0-9]{4}|[0-9]{2})|[0-9]{4}-[0-9]{2}-[0-9]{2})([ T].*)?"
#: databases write whole hours alone (+00)
_MOMENT_WITH_OFFSET = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ].*(Z|[+-][0-9]{2}(:?[0-9]{2})?)"


@dataclass(frozen=True)
class Cell:
    """A canonical column of a feed, as SQL: where its text comes from, how the text becomes a value.

    `failed` is the condition under which the contract's expression for it cannot be computed.
    """

    mapping: Mapping
    type: str
    source: str
    value: str
    failed: str | None = None

    @property
    def text(self) -> str:
        """The trimmed text of the cell, null where blank: a column of ours."""
        return ours(f"text {self.mapping.name}")


def cells_of(contract: Contract, typed_sources: frozenset[str] = frozenset()) -> list[Cell]:
    """The mapped and defaulted columns of a contract.

    `typed_sources`: columns of the file that are typed already (Parquet), whose text is in the plain spelling whatever
    marks the contract states.
    """
    cells = [_mapped(contract, mapping, mapping.physical_name in typed_sources) for mapping in contract.mappings]
    cells += [_defaulted(contract, column, value) for column, value in contract.defaults.items()]
    return cells


def _mapped(contract: Contract, mapping: Mapping, is_typed: bool) -> Cell:
    failed = None
    if mapping.transform_logic:
        # in a struct a value that is null by itself differs from one that could not be computed
        computed = f"try(struct_pack(value := ({mapping.transform_logic})))"
        source, is_typed, failed = f"cast({computed}.value as varchar)", True, f"{computed} is null"
    else:
        source = name(mapping.physical_name or mapping.name)
    column = contract.kind.columns[mapping.name]
    value = _cast(contract, mapping, column.type, is_typed)
    cell = f"trim({source})"
    if _is_code(mapping, column.type):
        # what systems write around a code so that a spreadsheet leaves its zeros alone
        unwrapped = f"regexp_replace({cell}, {text(_TEXT_FORMULA)}, {text(chr(92) + '1')})"
        cell = f"case when starts_with({cell}, '=') then {unwrapped} else {cell} end"
    cell = f"nullif({cell}, '')"
    if not mapping.transform_logic:
        cell = f"case when {_stands_as_it_is(source)} then {source} else {cell} end"
    return Cell(mapping, column.type, cell, value, failed)


def _stands_as_it_is(source: str) -> str:
    """Most cells: plain ASCII, with nothing around it to take off. To trim each would cost as much as its cast."""
    return (
        f"{source} > '!' and not starts_with({source}, '=') and not ends_with({source}, ' ') "
        f"and strlen({source}) = length({source})"
    )


def _is_code(mapping: Mapping, column_type: str) -> bool:
    return column_type == TEXT and mapping.name.endswith(_CODES)


def _defaulted(contract: Contract, column: str, value: str) -> Cell:
    mapping = Mapping(name=column)
    column_type = contract.kind.columns[column].type
    return Cell(mapping, column_type, text(value), _cast(contract, mapping, column_type, True))


def _cast(contract: Contract, mapping: Mapping, column_type: str, is_typed: bool) -> str:
    server = contract.server
    cell = ours(f"text {mapping.name}")
    if column_type == TEXT:
        return cell
    if column_type == DATE:
        return f"a_day({_date(contract, mapping, cell, is_typed)})"
    if column_type == FLAG:
        return f"as_flag({cell})"
    number = cell if is_typed else f"plain_number({cell}, {text(server.decimal)}, {text(server.thousands)})"
    if column_type == WHOLE:
        whole = f"try_cast({number} as decimal(18, 4))"
        return f"case when {whole} = floor({whole}) then try_cast({whole} as integer) end"
    return f"try_cast({number} as {column_type})"


def _date(contract: Contract, mapping: Mapping, cell: str, is_typed: bool) -> str:
    if is_typed or not mapping.date_format:
        return _iso_date(contract, cell)
    written = _formatted_date(mapping.date_format, cell)
    # a cell that a spreadsheet holds as a date comes in the plain spelling, whatever format the text beside it has
    return f"coalesce({written}, {_iso_date(contract, cell)})" if contract.server.format == "xlsx" else written


def _iso_date(contract: Contract, cell: str) -> str:
    """The day of a date or moment; of a moment with an offset, the day in the contract's time zone if it states one."""
    as_written = f"try_cast(try_cast({cell} as timestamp) as date)"
    if "timezone" not in contract.model_fields_set:
        return as_written
    there = f"cast(timezone({text(contract.timezone)}, try_cast({cell} as timestamptz)) as date)"
    has_offset = f"length({cell}) > 10 and regexp_full_match({cell}, {text(_MOMENT_WITH_OFFSET)})"
    return f"case when {has_offset} then {there} else {as_written} end"


def _formatted_date(date_format: str, cell: str) -> str:
    pattern = strptime_format(date_format)
    if "%V" in pattern and "%u" not in pattern:
        return f"try_cast(try_strptime({cell} || '-1', {text(pattern + '-%u')}) as date)"
    moment = f"try_strptime({cell}, {text(pattern)})"
    if "%y" in pattern:
        moment = f"in_this_century({moment})"
    return f"try_cast({moment} as date)"


#: days that a line may speak of: a mistyped year would stretch every calendar to it
_FIRST_DAY, _LAST_DAY = "1900-01-01", "2199-12-31"
_NOT_A = {DATE: ("not_a_date", "is not a date"), FLAG: ("not_a_flag", "is neither yes nor no")}
_NOT_A_NUMBER = ("not_a_number", "is not a number")


def problems_of(contract: Contract, cells: list[Cell]) -> list[tuple[str, str, str]]:
    """Conditions under which a line is set aside, in order: (condition, reason code, reason), all SQL."""
    problems: list[tuple[str, str, str]] = []
    for cell in cells:
        problems += _problems_of_cell(contract, cell)
    return problems + _problems_between_cells({cell.mapping.name for cell in cells})


def _problems_between_cells(given: set[str]) -> list[tuple[str, str, str]]:
    problems = []
    if {"period_start", "period_end"} <= given:
        start, end = ours("period_start"), ours("period_end")
        reason = f"{text('period_end: ')} || {end} || {text(' lies before period_start, ')} || {start}"
        problems.append((f"{end} < {start}", text("ends_before_start"), reason))
    if {"document_type", "units"} <= given:
        # counted as they stand they would be a receipt, and twice as far off as if they were not there
        positive = f"lower({ours('document_type')}) = 'return' and {ours('units')} > 0"
        cure = "units of a return are negative; give them a sign by transformLogic where the partner sends none"
        problems.append(
            (positive, text("positive_return"), f"{text('units: ')} || {ours('units')} || {text(': ' + cure)}")
        )
    return problems


def _problems_of_cell(contract: Contract, cell: Cell) -> list[tuple[str, str, str]]:
    mapping = cell.mapping
    label = (
        mapping.name if mapping.physical_name in (None, mapping.name) else f"{mapping.name} ({mapping.physical_name})"
    )

    def because(condition: str, code: str, what: str) -> tuple[str, str, str]:
        shown = text(_MASK) if mapping.personal else cell.text
        if contract.is_personal:
            # a cell that does not cast may hold what was meant for the column beside it
            shown = f"case when {ours(mapping.name)} is null then {text(_MASK)} else {shown} end"
        return condition, text(code), f"{text(label + ': ')} || {shown} || {text(' ' + what)}"

    found = []
    if cell.failed:
        cannot = f"{label}: {mapping.transform_logic} cannot be computed on this line"
        found.append((cell.failed, text("expression"), text(cannot)))
    if mapping.required or mapping.primary_key or contract.kind.columns[mapping.name].required:
        found.append(
            (f"{cell.text} is null", text("missing_value"), text(f"{label}: is blank, and every line needs it"))
        )
    is_error = f"starts_with({cell.text}, '#') and regexp_full_match(upper({cell.text}), {text(_SPREADSHEET_ERRORS)})"
    found.append(because(is_error, "spreadsheet_error", "is an error of the spreadsheet"))
    if _is_code(mapping, cell.type):
        lost = "is a code that a spreadsheet turned into a number, and its last digits are lost"
        found.append(because(f"regexp_full_match({cell.text}, {text(_NUMBER_OF_A_CODE)})", "spoilt_code", lost))
        if contract.server.format == "xlsx":
            is_date = f"regexp_full_match({cell.text}, {text(_DATE_CELL)})"
            found.append(because(is_date, "spoilt_code", "is a code that a spreadsheet made a date"))
    if cell.type not in (TEXT, DATE, FLAG):
        found.append(because(_is_a_date(contract, cell), "spoilt_number", "is a number that a spreadsheet made a date"))
    if cell.type != TEXT:
        code, what = _NOT_A.get(cell.type, _NOT_A_NUMBER)
        wanted = f"{what}{_expected(contract, cell)}"
        found.append(because(f"{cell.text} is not null and {ours(mapping.name)} is null", code, wanted))
    if mapping.name == contract.kind.date_column:
        outside = f"{ours(mapping.name)} not between date '{_FIRST_DAY}' and date '{_LAST_DAY}'"
        found.append(because(outside, "not_a_date", f"lies outside of {_FIRST_DAY} to {_LAST_DAY}"))
    if contract.kind.columns[mapping.name].is_factor:
        found.append(because(f"{ours(mapping.name)} <= 0", "minimum", "is not above 0"))
    limits = (("minimum", mapping.minimum, "<", "less"), ("maximum", mapping.maximum, ">", "more"))
    for limit, bound, operator, word in limits:
        if bound is not None:
            found.append(because(f"{ours(mapping.name)} {operator} {bound}", limit, f"is {word} than {bound:g}"))
    if mapping.pattern:
        condition = f"not regexp_full_match({cell.text}, {text(mapping.pattern)})"
        found.append(because(condition, "pattern", f"does not follow {mapping.pattern}"))
    if mapping.enum:
        allowed = ", ".join(text(value) for value in mapping.enum)
        found.append(because(f"{cell.text} not in ({allowed})", "enum", f"is none of {', '.join(mapping.enum)}"))
    return found


def _is_a_date(contract: Contract, cell: Cell) -> str:
    looks_it = f"regexp_full_match({cell.text}, {text(_DATE_OF_A_NUMBER)})"
    # `1.1.1900` would else be read as 111900; where no such mark is taken out, only what does not cast is looked at
    if contract.server.thousands in (".", "-", "/"):
        return looks_it
    return f"case when {ours(cell.mapping.name)} is null then {looks_it} else false end"


def _expected(contract: Contract, cell: Cell) -> str:
    if cell.type == DATE:
        return f" written as {cell.mapping.date_format}" if cell.mapping.date_format else " written as yyyy-MM-dd"
    if cell.type == FLAG:
        return ""
    return f" with decimal mark {contract.server.decimal}"


def scope_of(contract: Contract) -> str:
    """The condition, as SQL, under which a line belongs to the feed; any other line is out of scope."""
    conditions = []
    if contract.where:
        conditions.append(f"coalesce(try(({contract.where})), false)")
    if contract.kind_name == "sell_in" and any(m.name == "document_type" for m in contract.mappings):
        counted = ", ".join(text(value) for value in BASIS_DOCUMENT_TYPES[contract.basis])
        conditions.append(f"coalesce(lower({ours('document_type')}) in ({counted}), true)")
    return " and ".join(conditions) or "true"


def kept_value(cell: Cell, salt: str) -> str:
    """What of a cell is kept: its value, or for personal columns a pseudonym that is equal for equal values."""
    if not cell.mapping.personal:
        return ours(cell.mapping.name)
    return f"sha256({text(salt)} || {ours(cell.mapping.name)})"

"""The casting statement and what is written from it, for a batch of files of one feed and one shape.

Belongs here: the table `parsed` and everything read from it.
Does not belong here: single casts and checks (`casts`), the order of steps that makes ingestion safe (`ingest`).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from orchestration.contracts.model import Contract
from orchestration.ingest.casts import Cell, cells_of, kept_value, problems_of, scope_of
from orchestration.ingest.relation import Relation, Shape
from orchestration.ingest.sql import name, ours, text

_MASK = "'***'"

#: what a quarantined line says of where it belongs, as far as it can be read
_CODES = ("partner_code", "location_code", "product_code")

#: quarantined lines, in the order of their Parquet
QUARANTINE_COLUMNS = (
    "contract_id varchar, kind varchar, delivery_id varchar, reading_hash varchar, line_number bigint, "
    "reason_code varchar, reason varchar, raw_line varchar, line_date date, "
    + ", ".join(f"{code} varchar" for code in _CODES)
)

Counts = tuple[int, date | None, int, int, int, date | None]


def line_columns(contract_kind_columns: dict[str, str]) -> str:
    """Columns of the lines of a kind, as a column definition list: provenance, key, then the canonical ones."""
    provenance = (
        "feed_contract_id varchar, delivery_id varchar, reading_hash varchar, line_number bigint, line_key varchar"
    )
    return ", ".join([provenance, *(f"{name(column)} {kind}" for column, kind in contract_kind_columns.items())])


def parse(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    shape: Shape,
    relation: Relation,
    deliveries: dict[int, str],
) -> list[Cell]:
    """Make the tables `parsed` (a row a line: values, scope, reason code) and `set_aside` (the quarantined ones)."""
    cells = cells_of(contract, shape.typed)
    texts = ", ".join(f"{cell.source} as {cell.text}" for cell in cells)
    values = ", ".join(f"{cell.value} as {ours(cell.mapping.name)}" for cell in cells)
    problems = ([relation.problem] if relation.problem else []) + problems_of(contract, cells)
    codes = " ".join(f"when {condition} then {code}" for condition, code, _ in problems)
    in_scope = scope_of(contract)
    if relation.outside:
        in_scope = f"not {relation.outside} and {in_scope}"
    judged = f"""
        with cells as ({relation.sql}),
        texts as (select *, {texts} from cells),
        typed as (select *, {values} from texts),
        scoped as (select *, {in_scope} as {ours("in_scope")} from typed)
        select *, case when {ours("in_scope")} then case {codes} end end as {ours("reason_code")} from scoped
    """
    place = f"{ours('file')}, {ours('line_number')}"
    kept = ", ".join(ours(cell.mapping.name) for cell in cells)
    connection.execute(f"""
        create or replace temp table parsed as
        select {place}, {kept}, {ours("in_scope")}, {ours("reason_code")} from ({judged}) as judged
    """)
    _name_deliveries(connection, deliveries)
    connection.execute(f"create or replace temp table set_aside ({QUARANTINE_COLUMNS})")
    found = connection.execute(f"select exists (from parsed where {ours('reason_code')} is not null)").fetchall()
    if found[0][0]:
        if relation.lines:
            _keep_only_problems(connection, relation.lines)
        reasons = " ".join(f"when {condition} then {reason}" for condition, _, reason in problems)
        kept_codes = {cell.mapping.name: ours(cell.mapping.name) for cell in cells if not cell.mapping.personal}
        codes_read = ", ".join(kept_codes.get(code, "null") for code in _CODES)
        connection.execute(f"""
            insert into set_aside
            select
                {text(contract.id)}, {text(contract.kind_name)}, delivery_id, {text(contract.reading_hash)},
                {ours("line_number")}, {ours("reason_code")}, case {reasons} end,
                {_shown_line(contract, shape, relation, cells)}, {date_column(contract)},
                {codes_read}
            from ({judged}) as judged
            inner join deliveries using ({ours("file")})
            where {ours("reason_code")} is not null
        """)
    return cells


def _keep_only_problems(connection: duckdb.DuckDBPyConnection, lines: str) -> None:
    """Leave in a table of lines those that are set aside: reasons are told of these alone, and are dear."""
    connection.execute(f"""
        create or replace temp table {lines} as
        select {lines}.* from {lines}
        semi join (from parsed where {ours("reason_code")} is not null) as told
            using ({ours("file")}, {ours("line_number")})
    """)


def _name_deliveries(connection: duckdb.DuckDBPyConnection, deliveries: dict[int, str]) -> None:
    rows = ", ".join(f"({number}, {text(delivery_id)})" for number, delivery_id in deliveries.items())
    connection.execute(f"""
        create or replace temp table deliveries as
        select * from (values {rows}) as named ({ours("file")}, delivery_id)
    """)


def _shown_line(contract: Contract, shape: Shape, relation: Relation, cells: list[Cell]) -> str:
    """The line as it came; of a feed with personal columns only the mapped, not personal cells that cast."""
    if not contract.is_personal:
        return relation.raw_line
    shown = {
        # a cell that does not cast may hold anything, also what was meant for the column beside it
        cell.mapping.physical_name: f"case when {ours(cell.mapping.name)} is null and {cell.text} is not null "
        f"then {_MASK} else coalesce({cell.text}, '') end"
        for cell in cells
        if not cell.mapping.personal
    }
    parts = ", ".join(shown.get(column, _MASK) for column in shape.columns)
    return f"concat_ws({text(contract.server.delimiter)}, {parts})"


def date_column(contract: Contract) -> str:
    """The parsed column that dates a line, as SQL; null where the kind or the feed has none."""
    column = contract.kind.date_column
    given = {mapping.name for mapping in contract.mappings} | set(contract.defaults)
    return ours(column) if column in given else "cast(null as date)"


def write_lines(
    connection: duckdb.DuckDBPyConnection, contract: Contract, cells: list[Cell], salt: str, folder: Path
) -> None:
    """Write accepted lines and quarantine below `folder`, one subfolder `delivery=<id>` a delivery that has any."""
    kept = {cell.mapping.name: kept_value(cell, salt) for cell in cells}
    columns = ", ".join(
        f"cast({kept.get(column, 'null')} as {spec.type}) as {name(column)}"
        for column, spec in contract.kind.columns.items()
    )
    has_key = bool(contract.key) and contract.delivery != "append"
    key = _joined([kept[column] for column in contract.key]) if has_key else "cast(null as varchar)"
    is_line = f"{ours('in_scope')} and {ours('reason_code')} is null"
    have_lines = f"from deliveries semi join (from parsed where {is_line}) as lines using ({ours('file')})"
    for file, delivery_id in connection.execute(have_lines).fetchall():
        # a statement a delivery: to part many lines of one statement costs as much again as writing them
        _copy(
            connection,
            f"""
            select
                {text(contract.id)} as feed_contract_id, {text(delivery_id)} as delivery_id,
                {text(contract.reading_hash)} as reading_hash,
                {ours("line_number")} as line_number, {key} as line_key, {columns}
            from parsed
            where {ours("file")} = {file} and {is_line}
            """,
            folder / f"delivery={delivery_id}/lines_0.parquet",
        )
    few = "select *, delivery_id as delivery from set_aside"
    _copy(connection, few, folder, ", partition_by (delivery), filename_pattern 'quarantine_{i}', overwrite_or_ignore")


def _copy(connection: duckdb.DuckDBPyConnection, rows: str, target: Path, more: str = "") -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    connection.execute(f"copy ({rows}) to {text(str(target))} (format parquet{more})")


def _joined(columns: list[str]) -> str:
    return (
        "concat_ws(chr(31), " + ", ".join(f"coalesce(cast({column} as varchar), chr(30))" for column in columns) + ")"
    )


def counts_by_date(connection: duckdb.DuckDBPyConnection, contract: Contract) -> list[Counts]:
    """Lines by file and date: (file, date, parsed, quarantined, out of scope, last day that a parsed line names)."""
    has_end = any(mapping.name == "period_end" for mapping in contract.mappings) or "period_end" in contract.defaults
    last_day = ours("period_end") if has_end else "cast(null as date)"
    return connection.execute(f"""
        select
            {ours("file")} as file,
            {date_column(contract)} as line_date,
            count(*) filter ({ours("in_scope")} and {ours("reason_code")} is null) as parsed,
            count(*) filter ({ours("reason_code")} is not null) as quarantined,
            count(*) filter (not {ours("in_scope")}) as out_of_scope,
            max({last_day}) filter ({ours("in_scope")} and {ours("reason_code")} is null) as last_day
        from parsed
        group by all
        order by all
    """).fetchall()

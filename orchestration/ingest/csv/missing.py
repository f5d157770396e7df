"""What is said of a header that lacks columns: which ones, what came instead, and the cure.

Belongs here: words for people. Does not belong here: finding the header (`csv.header`).
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

import duckdb

from orchestration.contracts.model import Contract, Server
from orchestration.contracts.problems import closest
from orchestration.ingest.csv.names import fold, mapped_names, trimmed
from orchestration.ingest.relation import Shape, Unreadable
from orchestration.ingest.sql import name

_SHOWN = 300
_DELIMITERS = ";,\t|"


def missing_columns(contract: Contract, shape: Shape) -> str:
    """Why no line under this header can be read."""
    server, columns = contract.server, shape.columns
    if not shape.header_line:
        return f"no line holds the header {', '.join(shape.missing)}; ask the partner to send it again"
    other = next((mark for mark in _DELIMITERS if _is_split_by(mark, columns, shape.missing)), None)
    if other:
        shown = "a tab" if other == "\t" else f"`{other}`"
        return f"the cells of the header are parted by {shown}; correct `delimiter` in the contract"
    lacking = ", ".join(column + _instead(contract, column, columns) for column in shape.missing)
    cure = "correct `physicalName` in the contract, or ask the partner to send it again"
    return f"the header lacks {lacking}; {_as_it_reads(server, columns)}; {cure}"


def _as_it_reads(server: Server, columns: tuple[str, ...]) -> str:
    header = server.delimiter.join(columns)
    return f"it reads: {header if len(header) <= _SHOWN else header[:_SHOWN] + '…'}"


def _is_split_by(mark: str, columns: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return len(columns) == 1 and set(wanted) <= {trimmed(cell.strip("\"'")) for cell in columns[0].split(mark)}


def _instead(contract: Contract, column: str, columns: tuple[str, ...]) -> str:
    """What stands in the header for a column that it lacks, in brackets."""
    repeated = [name for place, name in enumerate(columns, start=1) if name == f"{trimmed(column)} {place}"]
    if repeated:
        return f" (it stands {len(repeated)} times: map `{'` or `'.join(repeated)}`)"
    unmapped = [name for name in columns if name not in mapped_names(contract)]
    same = [name for name in unmapped if fold(name) == fold(column)]
    if same:
        return f" ({same[0]} differs in case, accents or signs)"
    near = closest(column, unmapped[:_SHOWN]) or (unmapped[0] if len(unmapped) == 1 else None)
    return f" (instead of it {near}?)" if near else ""


def check_expressions(contract: Contract, columns: tuple[str, ...]) -> None:
    """Raise Unreadable where an expression of the contract names a column that a header lacks.

    No line could be told in scope or not; nulls in its place would silently leave all of them out.
    """
    expressions = {f"transformLogic of {mapping.name}": mapping.transform_logic for mapping in contract.mappings}
    for place, expression in {"where": contract.where, **expressions}.items():
        if expression and (lacking := _unknown_column(expression, used_columns(contract, columns))):
            raise Unreadable(
                "header", f"the header lacks {lacking}, which {place} needs; {_as_it_reads(contract.server, columns)}"
            )


def used_columns(contract: Contract, columns: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of a header that the contract maps or may name in an expression.

    DuckDB's names have no case: one that differs in nothing else from a mapped column is not in use beside it.
    """
    mapped = mapped_names(contract)
    reserved = {column.casefold() for column in mapped}
    expressions = (contract.where, *(mapping.transform_logic for mapping in contract.mappings))
    written = " ".join(filter(None, expressions)).casefold()

    def is_used(column: str) -> bool:
        folded = column.casefold()
        return column in mapped or (folded not in reserved and name(folded)[1:-1] in written)

    return tuple(column for column in columns if is_used(column))


@lru_cache
def _unknown_column(expression: str, columns: tuple[str, ...]) -> str | None:
    named = ", ".join(['null::varchar as "our line"', *(f"null::varchar as {name(column)}" for column in columns)])
    try:
        _connection().cursor().execute(f"select ({expression}) from (select {named}) as lines limit 0")
    except duckdb.BinderException as error:
        found = re.search(r'Referenced column "(.*?)" (?:was )?not found', str(error), re.DOTALL)
        return found[1] if found else None
    except duckdb.Error:
        return None  # told when the lines are read
    return None


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})

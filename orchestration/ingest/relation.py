"""What readers hand over: the shape of a file, and lines as an SQL relation of text columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.contracts.model import Contract


class Unreadable(Exception):
    """A file of which no line can be told; the whole delivery is rejected with this reason."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True)
class Shape:
    """What must be equal for files to be read in one statement.

    columns      the partner's columns, in the order of the file
    missing      columns that the contract maps and the file lacks
    typed        columns whose values come typed, their text in the plain spelling
    header_line  physical line of the header (0: none)
    """

    columns: tuple[str, ...]
    missing: tuple[str, ...] = ()
    typed: frozenset[str] = frozenset()
    header_line: int = 0


@dataclass(frozen=True)
class Relation:
    """Lines of files of one shape.

    sql       one row a line: our file (its number), our line_number, and the partner's columns as text
    raw_line  the line as it came, as an SQL expression
    problem   (condition, reason code, reason) under which the line as a whole cannot be read, as SQL
    outside   condition under which the line belongs to another table of the file, and is out of scope, as SQL
    lines     temporary table that `sql` reads, with our file and our line_number: the lines of which to tell more
    """

    sql: str
    raw_line: str
    problem: tuple[str, str, str] | None = None
    outside: str | None = None
    lines: str | None = None


@dataclass(frozen=True)
class Reader:
    """How a format is read.

    plain         gives a file that DuckDB reads as it is, written below a work folder if need be
    shape         looks at that file, and says what must be equal for files to be read in one statement
    lines         the lines of such files
    interchanges  the EDI interchanges of such a file, each by sender, receiver and control number
    remarks       what such a file says of itself that does not hold, in words; its lines stay as they are
    """

    plain: Callable[[Contract, Path, Path], Path]
    shape: Callable[[Contract, Path], Shape]
    lines: Callable[[duckdb.DuckDBPyConnection, Contract, Shape, dict[int, Path]], Relation]
    interchanges: Callable[[Path], tuple[str, ...]] | None = None
    remarks: Callable[[duckdb.DuckDBPyConnection, Contract, Path], tuple[str, ...]] | None = None

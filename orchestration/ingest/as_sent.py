"""Lines of a kept file as the partner sent them, whatever its format: what explains a figure in the end.

Belongs here: reading the bytes of the lake once more, for a few line numbers, and no more of them than needed; of feeds
with personal columns, whose bytes are not kept, the pseudonymised rows. Does not belong here: what a line means
(`parse`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from orchestration.contracts.model import Contract
from orchestration.ingest.csv.excerpt import excerpt
from orchestration.ingest.ingest import open_ingest
from orchestration.ingest.readers import READERS
from orchestration.ingest.relation import Shape, Unreadable
from orchestration.ingest.sql import name, ours, text
from orchestration.lake.generations import raw_folder
from orchestration.lake.packs import read_delivery
from orchestration.landing.archives import without_gz
from orchestration.landing.ledger import ledger
from orchestration.landing.store import stored_bytes, unpack
from orchestration.settings import Settings

#: a file of the lake: its name and the hash of its bytes
File = tuple[str, str]


def lines_as_sent(
    settings: Settings, contract: Contract, wanted: Mapping[File, Set[int]]
) -> dict[File, dict[int, str]]:
    """Text of the lines wanted of files of a feed, as the ledger counts them: a record, a row, a segment.

    Empty where the bytes are not kept, or cannot be read by the contract as it is now.
    """
    if contract.is_personal or not wanted:
        return {file: {} for file in wanted}
    with TemporaryDirectory() as folder, open_ingest() as connection:
        found = _of_excerpts(settings, connection, contract, wanted, Path(folder))
        return {
            file: lines
            if (lines := found.get(file, {})).keys() == numbers
            else _of_whole_file(settings, connection, contract, file, numbers)
            for file, numbers in wanted.items()
        }


def pseudonymised_lines(settings: Settings, contract: Contract, delivery_id: str, numbers: Set[int]) -> dict[int, str]:
    """Rows of the lines `numbers` of a feed with personal columns, as JSON: what is mapped, as it was understood, and
    pseudonyms for what is personal.

    Empty where the delivery was read by another contract than it is now: what it then took for personal is not known.
    """
    entry = ledger(settings, contract.id).get(delivery_id)
    # of equal bytes the lines lie under the delivery that was read first
    stored = entry.resent_of if entry and entry.resent_of else delivery_id
    if not numbers:
        return {}
    shown = ", ".join(
        f"{text(mapping.physical_name)}: {name(mapping.name)}"
        for mapping in contract.mappings
        if mapping.physical_name and mapping.name in contract.kind.columns
    )
    with duckdb.connect() as connection:
        rows = read_delivery(
            connection,
            raw_folder(settings, contract.kind_name),
            (stored, contract.reading_hash),
            f"select line_number, cast(to_json({{{shown}}}) as varchar) from lines "
            "where list_contains($numbers, line_number)",
            {"numbers": sorted(numbers)},
        )
    return dict(rows)


def _of_excerpts(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    wanted: Mapping[File, Set[int]],
    folder: Path,
) -> dict[File, dict[int, str]]:
    """Lines of CSV files, read from excerpts, those of one shape at once; the whole file must tell what is missing."""
    if contract.server.format != "csv":
        return {}
    reader = READERS["csv"]
    files = list(wanted)
    by_shape: dict[Shape, dict[int, Path]] = defaultdict(dict)
    lines_of: dict[int, dict[int, int]] = {}
    for place, (file_name, sha256) in enumerate(files):
        work = folder / str(place)
        work.mkdir()
        part = work / _base_name(file_name)
        try:
            cut = excerpt(contract.server, stored_bytes(settings, sha256), part, wanted[files[place]])
            plain = reader.plain(contract, part, work)
            if cut:
                by_shape[reader.shape(contract, plain)][place] = plain
                lines_of[place] = {line: number for line, number in cut.items() if number in wanted[files[place]]}
        except (FileNotFoundError, Unreadable, duckdb.Error):
            continue
    found: dict[File, dict[int, str]] = defaultdict(dict)
    quote = contract.server.quote
    for shape, parts in by_shape.items():
        try:
            rows = _read(connection, contract, shape, parts, {place: lines_of[place].keys() for place in parts})
        except (Unreadable, duckdb.Error):
            continue
        for place, line, text_of_line in rows:
            # a quote without its partner may have it beyond the excerpt
            if not quote or text_of_line.count(quote) % 2 == 0:
                found[files[place]][lines_of[place][line]] = text_of_line
    return found


def _of_whole_file(
    settings: Settings, connection: duckdb.DuckDBPyConnection, contract: Contract, file: File, numbers: Set[int]
) -> dict[int, str]:
    reader = READERS[contract.server.format]
    with TemporaryDirectory() as folder:
        work = Path(folder)
        source = work / _base_name(file[0])
        try:
            unpack(settings, file[1], source)
            plain = reader.plain(contract, source, work)
            rows = _read(connection, contract, reader.shape(contract, plain), {0: plain}, {0: numbers})
        except (FileNotFoundError, Unreadable, duckdb.Error):
            return {}
    return {number: line for _, number, line in rows}


def _base_name(file_name: str) -> str:
    return without_gz(file_name.rsplit("/", 1)[-1])


def _read(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    shape: Shape,
    files: dict[int, Path],
    numbers: Mapping[int, Set[int]],
) -> list[tuple[int, int, str]]:
    """Rows of (file, line number, text) of the lines `numbers` of files of one shape."""
    relation = READERS[contract.server.format].lines(connection, contract, shape, files)
    file, number = ours("file"), ours("line_number")
    return connection.execute(
        f"select {file}, {number}, {relation.raw_line} from ({relation.sql}) as cells "
        f"where list_contains($numbers, {number}) and list_contains($places, {file} || ':' || {number})",
        {
            "numbers": sorted({line for lines in numbers.values() for line in lines}),
            "places": [f"{place}:{line}" for place, lines in numbers.items() for line in lines],
        },
    ).fetchall()

"""Look at delimited text: encoding, delimiter, preamble, marks of numbers."""

from __future__ import annotations

import codecs
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from orchestration.ingest.sql import text
from orchestration.onboard.content import Content, marks_of
from orchestration.onboard.sample import SAMPLE_LINES, Sample, ServerWord

#: first bytes of a file that guesses are made from
_LOOKED_AT = 8 << 20
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DELIMITERS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "bar"}


def look_at_csv(sample: Path, _kind: str) -> Sample:
    """Encoding by what decodes, delimiter and preamble by DuckDB's sniffer, marks by the numbers themselves."""
    with sample.open("rb") as stream:
        content = stream.read(_LOOKED_AT)
    encoding, decoded, evidence = _decoded(content)
    with TemporaryDirectory() as work, duckdb.connect() as connection:
        copy = Path(work) / "sample.csv"
        copy.write_text(decoded.replace("\r\n", "\n").replace("\r", "\n"), encoding="utf-8", newline="")
        [(delimiter, skipped)] = connection.execute(
            "select Delimiter, SkipRows from sniff_csv(?, all_varchar = true, header = true)", [str(copy)]
        ).fetchall()
        answer = connection.execute(
            f"select * from read_csv({text(str(copy))}, delim = {text(delimiter)}, skip = {skipped}, header = true, "
            f"all_varchar = true, null_padding = true, ignore_errors = true) limit {SAMPLE_LINES}"
        )
        columns = tuple(column[0] for column in answer.description or [])
        lines = tuple(tuple(cell.strip() if cell else None for cell in line) for line in answer.fetchall())
    words = [ServerWord("delimiter", delimiter, f"{_DELIMITERS.get(delimiter, 'this')} parts every sampled line alike")]
    marks = marks_of([cell for line in lines for cell in line if cell])
    words += [ServerWord(word, value, evidence) for word, (value, evidence) in marks.items()]
    if any(_is_a_value(column) for column in columns):
        lines = ((*(column or None for column in columns),), *lines)
        columns = tuple(f"column {place}" for place in range(1, len(columns) + 1))
        words.append(ServerWord("header", list(columns), "the first line holds values: name the columns here"))
    if skipped:
        words.append(ServerWord("skipRows", skipped, f"{skipped} lines stand above the header"))
    return Sample("csv", columns, lines, encoding, tuple(words), remarks=(evidence,))


def _is_a_value(column: str) -> bool:
    """Whether what stands in the header is no name: a code, a number or a date."""
    content = Content((column,))
    return bool(content.codes() or content.numbers or content.date_formats)


def _decoded(content: bytes) -> tuple[str, str, str]:
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return encoding.removesuffix("-sig"), content.decode(encoding, errors="ignore"), "a byte order mark says so"
    try:
        # a character cut in two at the end of what was read is no mistake
        decoded = codecs.getincrementaldecoder("utf-8")().decode(content)
        return "utf-8", decoded, "every byte fits UTF-8"
    except UnicodeDecodeError as error:
        wrong = f"byte {error.start + 1:,} is no UTF-8; look at the accents, it may be another one-byte encoding"
        return "cp1252", content.decode("cp1252", errors="replace"), wrong

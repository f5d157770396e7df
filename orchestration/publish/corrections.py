"""What a partner can correct: sheets of rows from a release, and the workbook of one partner.

Belongs here: the queries of the sheets, and how cells are written. Does not belong here: judging lines (dbt does).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import duckdb
import xlsxwriter

from orchestration.publish.errors import UnknownPartner
from orchestration.publish.files import DATABASE
from orchestration.publish.releases import show_release
from orchestration.settings import Settings

#: what a sheet and a cell of Excel can hold
_MOST_ROWS: Final = 1_000_000
_LONGEST_TEXT: Final = 32_767
#: whose rows name neither a partner nor a feed
NOBODY: Final = "unknown"


@dataclass(frozen=True)
class Sheet:
    """A sheet: what to do with its rows, and the query for them; its column `recipient` says whose they are."""

    title: str
    task: str
    query: str


#: lines of a feed that several partners share belong to no partner until they are read: its contract receives them
SHEETS: Final = (
    Sheet(
        "Missing periods",
        "Send the file of each missing period. Late files have arrived; send the next ones by the due day.",
        """
        select partner_id as recipient, 'delivery' as level, kind, contract_id as feed,
            null as location, null as product,
            period_start, period_end, status, due_at as due_at_utc, received_at as received_at_utc,
            days_late, null as expected_units
        from delivery_calendar where status in ('missing', 'late')
        union all
        select partner_id, level, 'sell_out', null, location_id, product_id, period_start, period_end, 'missing',
            null, null, null, expected_units
        from missing_sell_out as gap
        where level <> 'partner' or not exists (
            select 1 from delivery_calendar as due
            where due.partner_id = gap.partner_id and due.kind = 'sell_out' and due.status = 'missing'
                and due.period_start <= gap.period_end and due.period_end >= gap.period_start
        )
        order by period_start, level, kind, location, product""",
    ),
    Sheet(
        "Quarantined lines",
        "Correct each line as its reason says, and send the whole file again.",
        """
        select coalesce(ledger.partner_id, quarantine.contract_id) as recipient, ledger.file_name as file,
            line_number as line, reason_code as reason, reason as what_to_correct, raw_line as text_as_sent,
            ledger.received_at as received_at_utc
        from quarantine left join delivery_ledger as ledger using (delivery_id)
        order by ledger.received_at, file, line""",
    ),
    Sheet(
        "Unmatched codes",
        "Name the product or location of each code in the last column, and return the sheet; suggestions may be wrong.",
        """
        select partner_id as recipient, code_type, code, label, lines, units, first_seen,
            suggested_product_id as suggestion, product_name as suggested_name, suggestion_score,
            '' as stands_for
        from unmatched_codes left join dim_products on suggested_product_id = product_id
        order by lines desc, code""",
    ),
    Sheet(
        "Variances",
        "Check stock, receipts and sales of each interval; send again what was wrong.",
        """
        select reconciliation.partner_id as recipient, location_id as location, product_id as product, product_name,
            opening_date, closing_date, opening_units, received_units, returned_units, sell_out_units,
            adjustment_units, expected_closing_units, reported_closing_units, variance_units,
            cause, confidence, evidence
        from reconciliation left join dim_products using (product_id)
        where variance_units <> 0
        order by abs(variance_units) desc, closing_date, location, product""",
    ),
    Sheet(
        "Held weeks",
        "A check failed on these weeks, as the reason says: they show the last figures that passed, or none.",
        """
        select partner_id as recipient, week_start, held_reason as reason, count(*) as products
        from sell_through_weekly where is_held group by all order by week_start, reason""",
    ),
    Sheet(
        "Duplicates",
        "Lines sent more than once; conflicts differ in their units: say which is right by sending the file again.",
        """
        select coalesce(duplicates.partner_id, duplicates.contract_id) as recipient, ledger.file_name as file,
            duplicates.kind, "class", lines, conflicts, units
        from duplicates left join delivery_ledger as ledger using (delivery_id)
        order by ledger.received_at, file, "class" """,
    ),
)


def export_corrections(
    settings: Settings, folder: Path, partner_id: str | None = None, release_id: str | None = None
) -> dict[Path, int]:
    """Write a workbook for each partner that has something to correct, or for one; returns files and their rows.

    Raises UnknownRelease, and UnknownPartner for one that has nothing to correct and is no partner of the release.
    """
    document = show_release(settings, release_id)
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{settings.releases / document.release_id / DATABASE}' as release (read_only)")
        connection.execute("use release")
        for place, sheet in enumerate(SHEETS):
            connection.execute(
                f"create temp table sheet_{place} as select row_number() over () as place, "
                f"* replace (coalesce(recipient, '{NOBODY}') as recipient) from ({sheet.query})"
            )
        if partner_id:
            _check(connection, partner_id)
        for recipient in [partner_id] if partner_id else _recipients(connection):
            path = folder / f"{quote(recipient, safe='')}.xlsx"
            written[path] = _write(
                connection, path, recipient, f"{document.release_id}, as of {document.as_of:%Y-%m-%d}"
            )
    return written


def _check(connection: duckdb.DuckDBPyConnection, partner_id: str) -> None:
    partners = [row[0] for row in connection.execute("select partner_id from dim_partners order by all").fetchall()]
    if partner_id not in {*partners, *_recipients(connection)}:
        raise UnknownPartner(f"no partner {partner_id}; there are: {', '.join(partners)}")


def _recipients(connection: duckdb.DuckDBPyConnection) -> list[str]:
    of_all = " union ".join(f"select recipient from sheet_{place}" for place in range(len(SHEETS)))
    rows = connection.execute(f"select * from ({of_all}) order by all").fetchall()
    return [row[0] for row in rows]


def _write(connection: duckdb.DuckDBPyConnection, path: Path, recipient: str, release: str) -> int:
    """Write the workbook beside its place and move it there, so that no half of one is ever sent."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    total = 0
    with xlsxwriter.Workbook(str(unfinished)) as book:
        first = book.add_worksheet("Read me")
        first.set_column(0, 0, 22)
        first.set_column(2, 2, 100)
        for row, (key, value) in enumerate([("Corrections for", recipient), ("From release", release)]):
            first.write_string(row, 0, key)
            first.write_string(row, 2, value)
        first.write_string(2, 0, "How to correct")
        first.write_string(
            2, 2, "Send the whole corrected file again, the usual way. Line 1 is the first of a text file."
        )
        for place, sheet in enumerate(SHEETS):
            count = _write_sheet(connection, book, place, recipient)
            first.write_string(4 + place, 0, sheet.title)
            first.write_number(4 + place, 1, count)
            shown = f" The first {_MOST_ROWS:,} are listed." if count > _MOST_ROWS else ""
            first.write_string(4 + place, 2, sheet.task + shown)
            total += count
    unfinished.replace(path)
    return total


def _write_sheet(connection: duckdb.DuckDBPyConnection, book: xlsxwriter.Workbook, place: int, recipient: str) -> int:
    count = connection.execute(f"select count(*) from sheet_{place} where recipient = ?", [recipient]).fetchall()[0][0]
    found = connection.execute(
        f"select * exclude (place, recipient) from sheet_{place} where recipient = ? order by place limit {_MOST_ROWS}",
        [recipient],
    )
    titles = [column[0] for column in found.description]
    page = book.add_worksheet(SHEETS[place].title)
    page.freeze_panes(1, 0)
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    only_day = book.add_format({"num_format": "yyyy-mm-dd"})
    for column, title in enumerate(titles):
        page.write_string(0, column, title.replace("_", " "), bold)
        page.set_column(column, column, 60 if title in ("text_as_sent", "what_to_correct", "evidence") else 18)
    rows = found.fetchall()
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            _write_cell(page, number, column, value, only_day if type(value) is date else day)
    page.autofilter(0, 0, max(len(rows), 1), len(titles) - 1)
    return int(count)


def _write_cell(page: Any, row: int, column: int, value: Any, day: Any) -> None:
    """Text stays text, whatever it starts with: no formula, no link, no zero lost."""
    if isinstance(value, str):
        page.write_string(row, column, value if len(value) <= _LONGEST_TEXT else value[: _LONGEST_TEXT - 1] + "…")
    elif isinstance(value, date):
        page.write_datetime(row, column, value, day)
    elif value is not None:
        page.write_number(row, column, value)

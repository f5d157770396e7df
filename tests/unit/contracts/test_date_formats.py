"""Formats of dates: those that are accepted can be read by ingest, the others are told with what was meant."""

import re
from datetime import date

import duckdb
import pytest

from orchestration.contracts.date_formats import READABLE, format_error
from orchestration.ingest.sql import strptime_format


@pytest.mark.parametrize(
    ("date_format", "cell"),
    [
        ("yyyy-MM-dd", "2025-06-02"),
        ("yyyyMMdd", "20250602"),
        ("dd.MM.yy", "02.06.25"),
        ("d/M/yyyy", "2/6/2025"),
        ("dd MMM yyyy", "02 Jun 2025"),
        ("d MMMM yyyy", "2 June 2025"),
        ("yyyy-MM-dd'T'HH:mm:ss", "2025-06-02T10:20:30"),
        ("yyyy-MM-dd hh:mm a", "2025-06-02 10:20 AM"),
        ("YYYY-'W'ww-e", "2025-W23-1"),
    ],
)
def test_an_accepted_format_is_read_by_ingest(date_format, cell):
    assert format_error(date_format) is None
    query = "select try_strptime(?, ?)::date"
    assert duckdb.connect().execute(query, [cell, strptime_format(date_format)]).fetchone() == (date(2025, 6, 2),)


@pytest.mark.parametrize("date_format", ["YYYY-'W'ww", "MMM yyyy", "yyyy", "yyyy-MM-dd HH:mm:ss.SSS"])
def test_formats_of_weeks_months_and_moments_are_accepted(date_format):
    assert format_error(date_format) is None


def test_every_readable_run_of_letters_means_something_to_ingest():
    assert [run for run in READABLE if not re.fullmatch("%-?[A-Za-z]", strptime_format(run))] == []


@pytest.mark.parametrize(
    ("date_format", "reason", "cure"),
    [
        ("%d/%m/%Y", "strptime codes", "Write `dd/MM/yyyy`"),
        ("%G-W%V", "strptime codes", "Write `YYYY-'W'ww`"),
        ("%c", "strptime codes", "Write `dd/MM/yyyy`"),
        ("DD/MM/YYYY", "mixes up letters", "Write `dd/MM/yyyy`"),
        ("dd/mm/yyyy", "mixes up letters", "Write `dd/MM/yyyy`"),
        ("dd/MM/YYYY", "mixes up letters", "Write `dd/MM/yyyy`"),
        ("YYYYMMDD", "mixes up letters", "Write `yyyyMMdd`"),
        ("yyyy-'W'ww", "mixes up letters", "Write `YYYY-'W'ww`"),
        ("jj/MM/aaaa", "holds `jj`, which is not read", "dd/MM/yyyy"),
        ("yyyyDDD", "holds `DDD`, which is not read", "dd/MM/yyyy"),
        ("yyyy-MM-ddTHH:mm", "holds `T`, which is not read", "quote other text"),
        ("dd/MM/yyyy HH:MM", "holds `MM` twice", "minutes are `mm`"),
        ("dd/MM", "names no year", "dd/MM/yyyy"),
        ("yyyy-'W-ww", "open quote", "Close it"),
        ("", "names no year", "dd/MM/yyyy"),
    ],
)
def test_a_format_that_gives_no_date_is_told_with_what_was_meant(date_format, reason, cure):
    error = format_error(date_format)
    assert error is not None
    assert reason in error[0]
    assert cure in error[1]

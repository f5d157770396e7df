"""What the command line prints for people."""

from __future__ import annotations

import json

import pytest

from orchestration.commands import console


@pytest.mark.parametrize(("count", "last"), [(99, "99"), (100, "100"), (101, "and 1 more: `elsewhere`")])
def test_a_table_ends_where_nobody_reads_on(count: int, last: str) -> None:
    with console.OUT.capture() as printed:
        console.print_rows("Many", [{"number": number + 1} for number in range(count)], in_full="`elsewhere`")
    lines = printed.get().splitlines()
    assert sum(line.strip("│ ").isdigit() for line in lines) == min(count, 100)
    assert last in (lines[-1] if count > 100 else lines[-2])


def test_a_script_is_told_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"number": number} for number in range(1_000)]
    console.print_rows("Many", rows, as_json=True, in_full="`elsewhere`")
    assert json.loads(capsys.readouterr().out) == rows

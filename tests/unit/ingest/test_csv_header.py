"""Headers: moved, renamed, reordered, widened, repeated, absent; and files that never had one."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from orchestration.contracts.model import Contract, Mapping
from orchestration.ingest.ingest import open_ingest
from orchestration.ingest.relation import Unreadable
from orchestration.settings import Settings
from tests.unit.ingest.csv_reading import read
from tests.unit.ingest.feeds import SELL_OUT, deliver, quarantine, sell_out_contract, take_in

HEADER = "Code;Jour;Qté;CA"
CURE = "correct `physicalName` in the contract, or ask the partner to send it again"


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_ingest() as opened:
        yield opened


def _file(header: str, *lines: str) -> str:
    return "\n".join([header, *(lines or ("A;06/01/2025;1;2",))]) + "\n"


@pytest.mark.parametrize(
    ("text", "skipped", "expected"),
    [
        (f"Export\nSociété;X\n\n{_file(HEADER)}", 2, ([5], [], [])),
        (f"Export\nSociété;X\nPériode;S1\n{_file(HEADER)}", 2, ([5], [], [3])),  # moved down: one line more is counted
        (f"Export\n{_file(HEADER)}B;06/01/2025;1;2\n", 3, ([3, 4], [], [])),  # moved up
        (f'Export "brut;x\n{_file(HEADER)}', 1, ([3], [], [])),
        (f'Export "brut;x\n"y\n{_file(HEADER)}', 0, ([4], [], [1, 2])),  # quotes above the header open nothing
        ("\n" * 500 + _file(HEADER), 0, ([502], [], [])),
        ("Note;a\n" * 500 + _file(HEADER), 0, ([502], [], list(range(1, 501)))),
    ],
)
def test_the_header_is_found_where_it_moved(
    connection: duckdb.DuckDBPyConnection, text: str, skipped: int, expected: tuple[list[int], ...]
) -> None:
    assert read(connection, sell_out_contract({"skip_rows": skipped}), text).numbers == expected


def test_a_header_far_down_is_found(connection: duckdb.DuckDBPyConnection) -> None:
    outcome = read(connection, sell_out_contract(), "Dépôt;CA;x;y;z\n" * 200_000 + _file(HEADER))
    assert list(outcome.accepted) == [200_002]
    assert len(outcome.outside) == 200_000


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("CA;Qté;Jour;Code", "2;1;06/01/2025;A"),
        ("Lot;Code;Jour;;Qté;CA;Remise", "x;A;06/01/2025;y;1;2;z"),
        (" Code ;\tJour;\u00a0Qté\u00a0;CA  ", "A;06/01/2025;1;2"),
        ('"Code";"Jour" ;Qté;"CA"', "A;06/01/2025;1;2"),
        ("Code;Jour;Qté;CA;Prix;Prix;prix;PRIX", "A;06/01/2025;1;2;3;4;5;6"),
        ("Code;Jour;Qté;CA;code;our line;our file;CODE", "A;06/01/2025;1;2;3;4;5;6"),
    ],
)
def test_columns_are_found_by_name(connection: duckdb.DuckDBPyConnection, header: str, line: str) -> None:
    if '"Jour" ' in header:
        header = header.replace('"Jour" ', '" Jour "')
    outcome = read(connection, sell_out_contract(), _file(header, line))
    assert outcome.column("product_code") == ["A"]
    assert (outcome.column("units"), outcome.column("amount")) == ([Decimal(1)], [Decimal(2)])


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (
            "Code;Jour;Quantité;CA",
            f"the header lacks Qté (instead of it Quantité?); it reads: Code;Jour;Quantité;CA; {CURE}",
        ),
        ("Code;Jour;Unités;CA", f"the header lacks Qté (instead of it Unités?); it reads: Code;Jour;Unités;CA; {CURE}"),
        (
            "Code;Jour;qte;CA",
            f"the header lacks Qté (qte differs in case, accents or signs); it reads: Code;Jour;qte;CA; {CURE}",
        ),
        (
            "CODE;Jour;Qté;CA",
            f"the header lacks Code (CODE differs in case, accents or signs); it reads: CODE;Jour;Qté;CA; {CURE}",
        ),
        ("Code;Jour;CA;x;y", f"the header lacks Qté; it reads: Code;Jour;CA;x;y; {CURE}"),
        ("Code;Jour;CA", f"the header lacks Qté; it reads: Code;Jour;CA; {CURE}"),
        (
            "Code;Qté;Jour;Qté;CA",
            "the header lacks Qté (it stands 2 times: map `Qté 2` or `Qté 4`); it reads: Code;Qté 2;Jour;Qté 4;CA; "
            + CURE,
        ),
        ("Code,Jour,Qté,CA", "the cells of the header are parted by `,`; correct `delimiter` in the contract"),
        ("Code\tJour\tQté\tCA", "the cells of the header are parted by a tab; correct `delimiter` in the contract"),
    ],
)
def test_a_column_that_is_missing_is_named_with_what_came_instead(
    connection: duckdb.DuckDBPyConnection, header: str, reason: str
) -> None:
    outcome = read(connection, sell_out_contract(), _file(header, "A;06/01/2025;1;2", "B;07/01/2025;1;2"))
    assert [(number, told) for number, told, _ in outcome.quarantined] == [(2, reason), (3, reason)]


def test_a_header_of_many_names_is_not_told_in_full(connection: duckdb.DuckDBPyConnection) -> None:
    header = "Code;Jour;CA;" + ";".join(f"colonne {place}" for place in range(1000))
    [(_, reason, _)] = read(connection, sell_out_contract(), _file(header)).quarantined
    assert len(reason) < 500


def test_without_a_header_every_line_counts(connection: duckdb.DuckDBPyConnection) -> None:
    outcome = read(connection, sell_out_contract(), _file("A;06/01/2025;1;2", "B;06/01/2025;1;2"))
    reason = "no line holds the header Code, Jour, Qté, CA; ask the partner to send it again"
    assert [(number, told) for number, told, _ in outcome.quarantined] == [(1, reason), (2, reason)]


def test_a_column_named_by_its_place(connection: duckdb.DuckDBPyConnection) -> None:
    mappings = (
        *SELL_OUT[:2],
        Mapping(name="units", physical_name="Qté 4"),
        Mapping(name="amount", physical_name="column 5"),
    )
    text = _file("Code;Jour;Qté;Qté;", "A;06/01/2025;1;2;3")
    outcome = read(connection, sell_out_contract(mappings=mappings), text + text)
    assert outcome.column("units") == [Decimal(2), Decimal(2)]
    assert outcome.column("amount") == [Decimal(3), Decimal(3)]
    assert outcome.numbers == ([2, 4], [], [3])


def test_of_a_personal_feed_no_line_is_shown_as_a_header(connection: duckdb.DuckDBPyConnection) -> None:
    mappings = (*SELL_OUT[:3], Mapping(name="customer_id", physical_name="Client", personal=True))
    outcome = read(connection, sell_out_contract(mappings=mappings), _file("jeanne;marie;a;b", "jeanne;marie;a;b"))
    assert [number for number, _, _ in outcome.quarantined] == [1, 2]
    assert not [line for line in outcome.quarantined if "jeanne" in line[1] or "jeanne" in line[2]]


@pytest.mark.parametrize("content", ["", "\n", " \r\n\r\n", ";;;\n", "Export\n"])
def test_a_file_without_a_header_line_is_rejected(settings: Settings, content: str) -> None:
    deliver(settings, "shop/a.csv", content)
    [entry] = take_in(settings, sell_out_contract({"skip_rows": int(content == "Export\n")}))
    assert entry.rejected_reason == "the file has no header line; ask the partner to send it again"
    assert (entry.lines_read, entry.lines_quarantined) == (1, 1)


@pytest.mark.parametrize("content", [HEADER, f"{HEADER}\r\n", f"\ufeff{HEADER}\n\n\n", f"{HEADER}\n;;;\n"])
def test_a_file_of_a_header_alone_is_valid(settings: Settings, content: str) -> None:
    deliver(settings, "shop/a.csv", content)
    [entry] = take_in(settings, sell_out_contract())
    assert (entry.rejected_reason, entry.lines_read) == (None, 0)
    assert quarantine(settings) == []


def _headless(*names: str, **words: Any) -> Contract:
    return sell_out_contract({"header": names, **words})


def test_a_file_without_header_is_read_by_the_stated_one(connection: duckdb.DuckDBPyConnection) -> None:
    contract = _headless("Code", "Lot", "Jour", "Qté", "CA", skip_rows=1)
    text = 'Export\nA;"x\ny";06/01/2025;1;2\nCode;Lot;Jour;Qté;CA\n\nB;06/01/2025;2;3\nC;x;06/01/2025;3;4\n'
    outcome = read(connection, contract, text)
    assert outcome.numbers == ([2, 7], [4, 6], [])
    assert outcome.quarantined[1][1] == "the line has 4 cells, the header has 5"
    assert outcome.column("units") == [Decimal(1), Decimal(3)]


def test_a_stated_header_must_hold_what_is_mapped(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(Unreadable, match="`header` of the contract lacks CA; add what the file holds"):
        read(connection, _headless("Code", "Jour", "Qté"), "A;06/01/2025;1\n")


@pytest.mark.parametrize(
    ("words", "lacking"),
    [
        ({"where": "Type <> 'TOTAL'"}, "Type, which where needs"),
        ({"where": "Qté > '1'"}, "Qté, which where needs"),
        (
            {"mappings": (*SELL_OUT[:2], Mapping(name="units", transform_logic='"Prix net"::decimal(18, 2)'))},
            "Prix net, which transformLogic of units needs",
        ),
    ],
)
def test_a_column_that_an_expression_needs_is_not_taken_for_null(
    connection: duckdb.DuckDBPyConnection, words: dict[str, Any], lacking: str
) -> None:
    with pytest.raises(Unreadable) as refusal:
        read(connection, sell_out_contract(**words), _file("Code;Jour;Quantité;CA"))
    assert str(refusal.value) == f"the header lacks {lacking}; it reads: Code;Jour;Quantité;CA"


def test_columns_that_only_an_expression_names_are_read(connection: duckdb.DuckDBPyConnection) -> None:
    text = _file('Code;Jour;Qté;CA;Type de "ligne"', "A;06/01/2025;1;2;V", "B;06/01/2025;1;2;T")
    contract = sell_out_contract({"quote": ""}, where='"type de ""ligne""" = \'V\'')
    assert read(connection, contract, text).numbers == ([2], [], [3])

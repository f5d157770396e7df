"""Records are read by an index, and the index never changes an answer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as thoroughly
from hypothesis import strategies as st

from orchestration.landing import entries as indexing
from orchestration.landing.entries import index_entries, read_entries, write_entry
from orchestration.landing.ledger import Opened


def _record(name: str, size: int) -> Opened:
    return Opened(contract_id="shop.sell_out", file_name=name, size=size, modified_ns=1, rule="r")


def _write(folder: Path, name: str, size: int = 1) -> None:
    write_entry(folder / f"{name}.json", _record(name, size), folder.parent / ".work")


def _said(folder: Path) -> list[tuple[str, int]]:
    return [(one.file_name, one.size) for one in read_entries(folder, Opened)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twenty records and their index."""
    folder = tmp_path / "records"
    for number in range(20):
        _write(folder, f"{number:02}")
    index_entries(folder, Opened)
    return folder


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that are read."""
    read: list[str] = []
    original = Path.read_bytes

    def read_bytes(path: Path) -> bytes:
        read.append(path.name)
        return original(path)

    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    return read


def test_all_records_are_read_from_one_file(folder: Path, opened: list[str]) -> None:
    assert _said(folder) == [(f"{number:02}", 1) for number in range(20)]
    assert opened == [".index"]


def test_what_came_since_changed_or_left_is_seen(folder: Path, opened: list[str]) -> None:
    _write(folder, "30")
    _write(folder, "07", size=7)
    (folder / "08.json").unlink()
    assert _said(folder) == sorted({**{f"{n:02}": 1 for n in range(20) if n != 8}, "30": 1, "07": 7}.items())
    assert opened == [".index", "07.json", "30.json"]


def test_a_record_of_the_same_size_and_time_is_another(folder: Path) -> None:
    state = (folder / "03.json").stat()
    _write(folder, "03", size=3)
    os.utime(folder / "03.json", ns=(state.st_atime_ns, state.st_mtime_ns))
    assert (folder / "03.json").stat().st_size == state.st_size
    assert ("03", 3) in _said(folder)


@pytest.mark.parametrize("harm", ["cut", "altered", "nothing", "absent"])
def test_an_index_that_was_harmed_counts_for_nothing(folder: Path, harm: str) -> None:
    said, index = _said(folder), folder / ".index"
    whole = index.read_bytes()
    if harm == "absent":
        index.unlink()
    else:
        harmed = {"cut": whole[:-9], "altered": whole.replace(b'"size":1', b'"size":2'), "nothing": b""}
        index.write_bytes(harmed[harm])
    assert _said(folder) == said
    index_entries(folder, Opened)
    assert index.read_bytes() == whole


def test_few_records_are_not_indexed_and_a_new_one_does_not_rewrite_all(tmp_path: Path, folder: Path) -> None:
    _write(tmp_path / "few", "1")
    index_entries(tmp_path / "few", Opened)
    assert not (tmp_path / "few" / ".index").exists()
    before = (folder / ".index").read_bytes()
    _write(folder, "30")
    index_entries(folder, Opened)
    assert (folder / ".index").read_bytes() == before


@thoroughly(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.sampled_from(["write", "remove"]), st.integers(0, 25)),
            st.tuples(st.just("index"), st.just(0)),
        ),
        max_size=30,
    )
)
def test_whatever_is_written_the_answer_is_that_of_the_records(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("records") / "of_a_feed"
    told = {f"{number:02}": 1 for number in range(indexing._UNINDEXED)}
    for name in told:
        _write(folder, name)
    for at, (step, number) in enumerate(steps, start=2):
        name = f"{number:02}"
        if step == "write":
            _write(folder, name, size=at)
            told[name] = at
        elif step == "remove":
            (folder / f"{name}.json").unlink(missing_ok=True)
            told.pop(name, None)
        else:
            index_entries(folder, Opened)
        assert _said(folder) == sorted(told.items())

"""What checking contracts found is kept for the next process, and never changes the answer."""

from pathlib import Path

import pytest

from orchestration.contracts import cache as keeping
from orchestration.contracts import load as loading
from orchestration.contracts.load import load_contracts
from orchestration.settings import CHECKOUT


@pytest.fixture
def checks(monkeypatch):
    """The files that are checked anew."""
    checked: list[Path] = []
    check = loading.check_contract
    monkeypatch.setattr(loading, "check_contract", lambda file, *rest: (checked.append(file), check(file, *rest))[1])
    return checked


@pytest.fixture
def kept(tmp_path):
    """Where it is kept: not in the folder of the contracts."""
    (tmp_path / "home").mkdir()
    return tmp_path / "home" / "contracts.checked"


def said(loaded):
    """All that is loaded, down to which words were stated."""
    stated = [(one.reading_hash, one.model_dump(exclude_unset=True)) for one in loaded.contracts]
    return loaded, stated


@pytest.mark.parametrize("contracts", ["contracts", "examples"])
def test_the_answer_is_the_same_with_and_without(contracts, kept, checks):
    without = said(load_contracts(CHECKOUT / contracts))
    assert len(without[0].contracts) > 5
    assert said(load_contracts(CHECKOUT / contracts, kept)) == without
    checks.clear()
    assert said(load_contracts(CHECKOUT / contracts, kept)) == without
    assert checks == []


def test_warnings_are_told_again_where_the_file_stands_now(folder, good, kept, checks):
    first = folder.write(good.replace("value: keyed", "value: append"))
    assert [one.file for one in load_contracts(folder.path, kept).problems] == [first]
    moved = first.rename(first.with_name("moved.odcs.yaml"))
    checks.clear()
    loaded = load_contracts(folder.path, kept)
    assert (loaded, checks) == (folder.load(), [moved])  # checked once, by the load without a cache
    assert loaded.contracts[0].file == moved


def test_a_changed_file_is_checked(folder, good, kept):
    folder.write(good)
    load_contracts(folder.path, kept)
    folder.write(good.replace("version: 1.0.0", "version: 2.0.0"))
    assert [one.version for one in load_contracts(folder.path, kept).contracts] == ["2.0.0"]
    folder.write(good.replace("status: active", "status: activ"))
    assert load_contracts(folder.path, kept) == folder.load()


def test_an_error_is_never_kept(folder, good, kept, checks):
    file = folder.write(good.replace("status: active", "status: activ"))
    for _ in range(2):
        assert load_contracts(folder.path, kept).errors
    assert checks == [file, file]


def test_an_id_used_twice_is_told_with_its_lines(folder, good, kept):
    folder.write(good, "a.odcs.yaml")
    load_contracts(folder.path, kept)
    folder.write(f"# note\n{good}", "b.odcs.yaml")
    assert load_contracts(folder.path, kept) == folder.load()


@pytest.mark.parametrize("harm", ["cut", "altered", "no text", "nothing"])
def test_what_is_harmed_counts_for_nothing(folder, good, kept, checks, harm):
    file = folder.write(good)
    load_contracts(folder.path, kept)
    whole = kept.read_bytes()
    harmed = {"cut": whole[:-20], "altered": whole.replace(b"acme", b"evil"), "no text": b"\xff\xfe", "nothing": b""}
    kept.write_bytes(harmed[harm])
    checks.clear()
    assert load_contracts(folder.path, kept) == folder.load()
    assert checks == [file, file]
    assert kept.read_bytes() == whole


def test_other_code_checks_anew(folder, good, kept, checks, monkeypatch):
    file = folder.write(good)
    load_contracts(folder.path, kept)
    monkeypatch.setattr(keeping, "_made_by", lambda: "other code")
    checks.clear()
    load_contracts(folder.path, kept)
    assert checks == [file]


def test_nothing_is_made_of_a_home_that_is_not_there(folder, good, tmp_path):
    folder.write(good)
    load_contracts(folder.path, tmp_path / "absent" / "contracts.checked")
    assert not (tmp_path / "absent").exists()

"""A folder of contracts: which files are read, rules across files, and what is raised."""

import pytest

from orchestration.contracts.load import ContractError, Loaded, load_contracts, require_contracts


def test_contracts_come_by_id_whatever_their_status_and_folder(folder, good):
    for name, contract_id, status in [("z/a", "c", "draft"), ("y/b/c", "b", "retired"), ("x", "a", "deprecated")]:
        text = good.replace("acme.sell_out", contract_id).replace("status: active", f"status: {status}")
        folder.write(text, f"{name}.odcs.yaml")
    assert [(contract.id, contract.status, contract.is_read) for contract in require_contracts(folder.path)] == [
        ("a", "deprecated", True),
        ("b", "retired", False),
        ("c", "draft", False),
    ]


def test_only_contract_files_are_read(folder, good):
    folder.write(good)
    folder.write("not: a contract", "acme/other.yaml")
    folder.write("no YAML: [", "acme/readme.md")
    assert len(folder.load().contracts) == 1
    assert folder.load().problems == ()


def test_a_file_with_the_other_suffix_is_warned_of(folder, good):
    file = folder.write(good, "acme/sell_out.odcs.yml")
    (problem,) = folder.load().problems
    assert (problem.file, problem.severity) == (file, "warning")
    assert problem.cure == "Name it sell_out.odcs.yaml"


def test_mistakes_of_all_files_are_told_and_the_others_are_loaded(folder, good):
    folder.write(good, "good.odcs.yaml")
    bad = folder.write(good.replace("acme.sell_out", "bad").replace("csv", "cvs"), "bad.odcs.yaml")
    empty = folder.write("", "empty.odcs.yaml")
    loaded = folder.load()
    assert [contract.id for contract in loaded.contracts] == ["acme.sell_out"]
    assert [(problem.file, problem.line) for problem in loaded.problems] == [(bad, 10), (empty, 1)]


def test_an_id_used_twice_names_both_files_and_loads_neither(folder, good):
    first, second = folder.write(good, "a.odcs.yaml"), folder.write("# note\n" + good, "b.odcs.yaml")
    loaded = folder.load()
    assert loaded.contracts == ()
    assert [(problem.file, problem.line) for problem in loaded.problems] == [(first, 3), (second, 4)]
    assert f"{second}:4" in loaded.problems[0].message
    assert f"{first}:3" in loaded.problems[1].message


def test_an_id_used_twice_is_told_even_if_one_file_is_wrong_otherwise(folder, good):
    folder.write(good, "a.odcs.yaml")
    folder.write(good.replace("status: active", "status: activ"), "b.odcs.yaml")
    assert [problem.line for problem in folder.load().errors] == [3, 3, 5]


def test_an_error_is_raised_with_every_problem_on_a_line_of_its_own(folder, good):
    file = folder.write(good.replace("csv\n", "cvs\n").replace("status: active", "status: activ"))
    with pytest.raises(ContractError) as raised:
        require_contracts(folder.path)
    assert str(raised.value).splitlines() == [
        f"{file}:5: unknown status `activ`. Did you mean `active`?",
        f"{file}:10: unknown format `cvs`. Did you mean `csv`?",
    ]
    assert len(raised.value.problems) == 2


def test_warnings_do_not_raise(folder, good):
    folder.write(good.replace("value: keyed", "value: append"))
    assert len(folder.load().problems) == 1
    assert len(require_contracts(folder.path)) == 1


@pytest.mark.parametrize(
    ("name", "message"), [("absent", "there is no such folder"), (".", "the folder holds no contract")]
)
def test_a_folder_without_contracts_is_an_error_only_where_some_are_required(folder, name, message):
    place = folder.path / name
    assert load_contracts(place) == Loaded((), ())
    with pytest.raises(ContractError, match=message) as raised:
        require_contracts(place)
    assert str(raised.value).startswith(f"{place}: ")
    assert "selltrace contract new SAMPLE" in str(raised.value)

"""One name for a thing from feed to mart: code, dbt project and docs are held to the same declarations."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestration.contracts.kinds import KINDS
from orchestration.publish.tables import TABLES
from orchestration.settings import CHECKOUT, DBT_PROJECT
from tests.conventions.documents import MODELS, additivity, documents, models

_MEASURED = ("sell_through_", "availability", "distribution", "pressure_index")
STAGES = {"staging", "reconciliation", "quality", "marts"}


def test_canonical_columns_of_dbt_are_those_of_the_kinds() -> None:
    macro = (DBT_PROJECT / "macros" / "kinds.sql").read_text(encoding="utf-8")
    declared = {kind: re.findall(r"'(\w+)'", columns) for kind, columns in re.findall(r"'(\w+)': \[([^\]]*)\]", macro)}
    assert declared == {kind.name: list(kind.columns) for kind in KINDS.values()}


def test_every_kind_is_a_source_of_dbt() -> None:
    [sources] = [document["sources"] for document in documents() if "sources" in document]
    raw = next(source for source in sources if source["name"] == "raw")
    assert {table["name"] for table in raw["tables"]} == {*KINDS, "quarantine"}


def test_every_model_and_every_column_is_described() -> None:
    files = {path.stem for path in MODELS.rglob("*.sql")}
    assert files == set(models())
    blank = [
        f"{name}.{column['name']}"
        for name, model in models().items()
        for column in [{"name": "", **model}, *model.get("columns", [])]
        if not str(column.get("description", "")).strip()
    ]
    assert not blank
    assert not [name for name, model in models().items() if not model.get("columns")]


@pytest.mark.parametrize("name", [name for name, table in TABLES.items() if table.relation.startswith("marts.")])
def test_marts_and_published_tables_agree_on_columns_and_types(name: str) -> None:
    declared = {column["name"]: column["data_type"].upper().replace(" ", "") for column in models()[name]["columns"]}
    published = TABLES[name].columns
    assert {column: declared.get(column) for column in published} == {
        column: type_.replace(" ", "") for column, type_ in published.items()
    }


def test_models_lie_in_the_folder_of_their_stage_and_carry_its_prefix() -> None:
    assert {path.name for path in MODELS.iterdir() if path.is_dir()} == STAGES
    staging = {path.stem for path in (MODELS / "staging").rglob("*.sql")}
    assert all(name.startswith("stg_") for name in staging)
    marts = {path.stem for path in (MODELS / "marts").glob("*.sql")}
    assert all(name.startswith(("dim_", "fct_", *_MEASURED)) for name in marts)


@pytest.mark.parametrize("name", [name for name in models() if name.startswith(_MEASURED)])
def test_every_measure_of_a_mart_says_how_it_adds_up(name: str) -> None:
    numbers = [
        column["name"]
        for column in models()[name]["columns"]
        if column["data_type"].startswith(("decimal", "double", "bigint"))
    ]
    stated = additivity(name)
    assert list(stated) == numbers
    summed = [column for column, meta in stated.items() if meta["additivity"] == "additive"]
    assert not [column for column in summed if not column.endswith("_units") and "_days" not in column]
    assert not [column for column in summed if column.endswith("stock_units")]


def test_every_published_table_is_an_exposure_or_a_verdict() -> None:
    exposed = {
        reference.split("'")[1]
        for document in documents()
        for exposure in document.get("exposures", [])
        for reference in exposure["depends_on"]
    }
    assert set(TABLES) - {"gate_verdicts"} <= exposed


def test_modules_open_by_saying_what_belongs_there() -> None:
    silent = [
        path.relative_to(CHECKOUT).as_posix()
        for path in sorted((CHECKOUT / "orchestration").rglob("*.py"))
        if not path.read_text(encoding="utf-8").startswith('"""')
    ]
    assert not silent


def test_the_code_location_stays_small() -> None:
    assert len((CHECKOUT / "orchestration" / "definitions.py").read_text(encoding="utf-8").splitlines()) < 60


def test_no_registry_host_and_no_path_of_a_machine_is_named() -> None:
    lock = Path(CHECKOUT / "requirements.lock").read_text(encoding="utf-8")
    assert "http" not in re.sub(r"^[\w.-]*http[\w.-]*==|via .*http.*$|# +.*", "", lock, flags=re.MULTILINE)
    assert "--hash=sha256:" in lock

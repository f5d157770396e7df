"""The suites: files of `expectations/` in Great Expectations' own JSON, read without importing Great Expectations.

Belongs here: the shape of a suite, and what the gates ask of one beyond Great Expectations. Does not belong here:
running a suite (`evaluate`), or whether an expectation exists in Great Expectations (it says so when it runs).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from string import Formatter
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from orchestration.gates.errors import SuiteError
from orchestration.settings import EXPECTATIONS

Severity = Literal["critical", "warning", "info"]
Stage = Literal["slices", "marts"]
Style = Literal["number", "percent", "text"]

#: columns by which an evidence row names its slices; a suite that can hold slices needs them all
PLACING: Final = ("partner_id", "kind", "period_start", "period_end")

#: what a message may name besides columns of the evidence
SPOKEN: Final = ("slice", "observed", "threshold")

_ROW_CHANGING: Final = ("mostly", "row_condition")


class Setting(BaseModel):
    """A threshold as it stood from a day on: its severity, what it allowed, and why it came to that."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: date
    severity: Severity
    kwargs: dict[str, Any]
    change: str = Field(min_length=1)


class ExpectationMeta(BaseModel):
    """What the gates add to an expectation: its name, why its threshold is what it is, and how to say its verdict.

    `history` has the settings of the threshold, the default first, the one in force last.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern="^[a-z][a-z0-9_]*$")
    reason: str
    message: str
    style: Style = "number"
    history: tuple[Setting, ...] = ()


class Expectation(BaseModel):
    """One expectation: a condition that every row of the suite's evidence should meet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str | None = None
    description: str | None = None
    notes: str | list[str] | None = None
    type: str
    kwargs: dict[str, Any]
    severity: Severity
    meta: ExpectationMeta

    @property
    def name(self) -> str:
        """Name of the expectation within its suite, and of its check in Dagster."""
        return self.meta.name

    @property
    def measured(self) -> list[str]:
        """Columns of the evidence that are judged; empty for an expectation on the table as a whole."""
        named = [self.kwargs[key] for key in ("column", "column_A", "column_B") if key in self.kwargs]
        return [*named, *self.kwargs.get("column_list", [])]

    @property
    def allows(self) -> dict[str, Any]:
        """The threshold: what is told to Great Expectations beside the columns."""
        return {key: value for key, value in self.kwargs.items() if not key.startswith("column")}

    @property
    def told(self) -> list[str]:
        """Columns of the evidence that the message names."""
        fields = [field for _, field, _, _ in Formatter().parse(self.meta.message) if field]
        return [field for field in fields if field not in SPOKEN]

    @model_validator(mode="after")
    def _judges_every_row(self) -> Self:
        used = [key for key in _ROW_CHANGING if key in self.kwargs]
        if used:
            raise ValueError(f"{self.name}: {used[0]} cannot be used, every row of the evidence gets a verdict")
        return self

    @model_validator(mode="after")
    def _history_ends_in_force(self) -> Self:
        history = self.meta.history
        if history and (history[-1].kwargs, history[-1].severity) != (self.allows, self.severity):
            raise ValueError(f"{self.name}: the last of its history is not what is in force; add what changed, and why")
        days = [setting.since for setting in history]
        if days != sorted(set(days)):
            raise ValueError(f"{self.name}: the history is not in the order of its days")
        return self


class SuiteMeta(BaseModel):
    """What the gates add to a suite: the table it judges, when, and whether a failure stops the release.

    A failure of an `invariant` stops the release; a critical failure of any other suite holds the row's slices.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    evidence: str = Field(pattern="^[a-z_]+[.][a-z0-9_]+$")
    stage: Stage
    invariant: bool
    owner: str
    great_expectations_version: str | None = None


class Suite(BaseModel):
    """A set of expectations on one evidence table; other keys that Great Expectations writes are left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = Field(pattern="^[a-z][a-z0-9_]*$")
    notes: str
    meta: SuiteMeta
    expectations: tuple[Expectation, ...] = Field(min_length=1)

    @property
    def required(self) -> tuple[str, ...]:
        """Columns without which no row of the evidence can be judged or placed."""
        return () if self.meta.invariant else PLACING

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [expectation.name for expectation in self.expectations]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"expectation {repeated[0]} is there twice")
        return self

    @model_validator(mode="after")
    def _holds_in_time(self) -> Self:
        holding = [expectation.name for expectation in self.expectations if expectation.severity == "critical"]
        if self.meta.stage == "marts" and not self.meta.invariant and holding:
            raise ValueError(f"{holding[0]}: critical comes too late after the marts to hold a slice; use an invariant")
        return self


def read_suite(file: Path) -> Suite:
    """Read one suite.

    Raises:
        SuiteError: the file is not a suite that the gates can run.
    """
    try:
        suite = Suite.model_validate_json(file.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SuiteError(f"{file.name}: {place or 'suite'}: {first['msg']}") from error
    undated = [expectation.name for expectation in suite.expectations if not expectation.meta.history]
    if undated:
        raise SuiteError(f"{file.name}: {undated[0]}: the history of its threshold is missing; add since when, and why")
    if suite.name != file.stem:
        raise SuiteError(f"{file.name}: the suite is named {suite.name}, the file must have the same name")
    return suite


def load_suites(folder: Path = EXPECTATIONS, stage: Stage | None = None) -> tuple[Suite, ...]:
    """Read all suites of `folder`, those of one stage if given, ordered by name.

    Raises:
        SuiteError: a file is not a suite that the gates can run, or there is none at all.
    """
    suites = tuple(read_suite(file) for file in sorted(folder.glob("*.json")))
    if not suites:
        raise SuiteError(f"no suite in {folder}: without suites nothing is judged, so nothing can be published")
    return tuple(suite for suite in suites if stage in (None, suite.meta.stage))

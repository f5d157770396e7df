"""Great Expectations at work: one suite on one frame of evidence, every failing row named.

Belongs here: the only place that imports Great Expectations, inside functions, because the import takes seconds.
Does not belong here: where the frame comes from, or what a failing row means for a slice (`evaluate`, `verdicts`).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from orchestration.gates.errors import SuiteError
from orchestration.gates.suites import Expectation, Suite

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite
    from great_expectations.core.batch_definition import BatchDefinition
    from pandas import DataFrame

# the list of values that this format returns is cut at 200, the list of row numbers is not;
# the query that it would build names every failing row in one text
_RESULT_FORMAT: Final = {"result_format": "COMPLETE", "return_unexpected_index_query": False}

#: what Great Expectations imports for divergences and their charts alone: a second, of three that it takes
_SELDOM_USED: Final = ("scipy.stats", "altair")


class _PutOff(ModuleType):
    """Stands for a module until something of it is asked for: `importlib`'s own lazy loader gives in to any import."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        # asked for by those that only look whether a module is there
        self.__spec__ = find_spec(name)

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


@dataclass(frozen=True)
class Judgement:
    """What one expectation says of a frame.

    `failing` holds the row numbers that fail, whole; None for an expectation on the table as a whole, which
    has `success` and `observed` only. `error` tells why nothing could be judged; the rest is then empty.
    """

    expectation: Expectation
    success: bool = False
    failing: list[int] | None = None
    observed: object = None
    error: str | None = None


@cache
def _batch_definition() -> BatchDefinition:
    """The one ephemeral context of this process, reduced to its way of taking a frame; nothing is sent or written."""
    for name in _SELDOM_USED:
        if name not in sys.modules:
            sys.modules[name] = _PutOff(name)
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    context = gx.get_context(mode="ephemeral", project_config=config)
    frames = context.data_sources.add_pandas("evidence").add_dataframe_asset("frame")
    return frames.add_batch_definition_whole_dataframe("whole")


def _runnable(suite: Suite) -> ExpectationSuite:
    from great_expectations.core import ExpectationSuite
    from great_expectations.exceptions.exceptions import GreatExpectationsError
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    runnable = ExpectationSuite(name=suite.name)
    for expectation in suite.expectations:
        try:
            # added one by one: given together, an expectation that is not registered is dropped with a log line
            built = ExpectationConfiguration(**expectation.model_dump(exclude_none=True)).to_domain_obj()
        except (GreatExpectationsError, ValueError, TypeError) as error:
            raise SuiteError(
                f"{suite.name}.json: {expectation.name}: Great Expectations cannot run {expectation.type}: {error}"
            ) from error
        runnable.expectations.append(built)
    return runnable


def _exceptions(info: dict[str, Any]) -> list[str]:
    # flat for an expectation that raised itself, one entry a metric where a metric did
    entries = [info] if "raised_exception" in info else list(info.values())
    return [str(entry["exception_message"]) for entry in entries if entry.get("raised_exception")]


def _judgement(expectation: Expectation, result: Any) -> Judgement:
    raised = _exceptions(result.exception_info or {})
    if raised:
        return Judgement(expectation, error=raised[0].splitlines()[0])
    found = result.result
    if "unexpected_count" not in found:
        return Judgement(expectation, success=bool(result.success), observed=found.get("observed_value"))
    failing = list(found.get("unexpected_index_list") or [])
    if len(failing) != found["unexpected_count"]:
        return Judgement(
            expectation,
            error=f"{found['unexpected_count']} rows fail, Great Expectations names {len(failing)} of them only",
        )
    return Judgement(expectation, success=bool(result.success), failing=failing)


def judge(frame: DataFrame, suite: Suite) -> list[Judgement]:
    """Judge a frame whose rows are numbered from 0 by every expectation of a suite, in the suite's order.

    A null is not judged: Great Expectations leaves it out of both the failing and the passing rows.

    Raises:
        SuiteError: an expectation is unknown to Great Expectations, or was not evaluated.
    """
    batch = _batch_definition().get_batch({"dataframe": frame})
    outcome = batch.validate(_runnable(suite), result_format=_RESULT_FORMAT)
    results = {
        result.expectation_config.meta["name"]: result for result in outcome.results if result.expectation_config
    }
    dropped = [expectation.name for expectation in suite.expectations if expectation.name not in results]
    if dropped or len(outcome.results) != len(suite.expectations):
        raise SuiteError(f"{suite.name}.json: Great Expectations did not evaluate {', '.join(dropped) or 'all'}")
    return [_judgement(expectation, results[expectation.name]) for expectation in suite.expectations]

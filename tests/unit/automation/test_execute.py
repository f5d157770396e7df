"""What is told of a run while it is under way."""

# no postponed annotations here: Dagster reads the type of `context` from the function itself

import uuid

import dagster as dg

from orchestration.automation.execute import listener


@dg.asset(key=["raw", "first"])
def first(context: dg.AssetExecutionContext) -> None:
    context.log_event(dg.AssetObservation("elsewhere"))


@dg.asset(key=["raw", "second"], deps=[first])
def second() -> None:
    raise ValueError("stops here")


def test_each_step_is_told_as_it_begins_and_as_it_ends() -> None:
    told: list[tuple[str, int, int]] = []
    job = dg.define_asset_job("both").resolve(asset_graph=dg.Definitions([first, second]).resolve_asset_graph())
    run_id = str(uuid.uuid4())
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_event_listener(run_id, listener(2, lambda *step: told.append(step)))
        job.execute_in_process(instance=instance, run_id=run_id, raise_on_error=False)
    assert told == [("raw/first", 0, 2), ("raw/first", 1, 2), ("raw/second", 1, 2)]

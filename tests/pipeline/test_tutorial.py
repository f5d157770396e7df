"""`docs/tutorial.md` is played on the demo: a newcomer sees what it shows, also in Dagster."""

from __future__ import annotations

import re

import dagster as dg
import pytest

from orchestration.definitions import build_defs
from tests.pipeline.conftest import Release
from tests.pipeline.pages import DOCS, WORLD, Block, blocks, play, same, world_of

PAGE = "tutorial.md"
_ASSET = re.compile(r"\]\(http://127\.0\.0\.1:3000/assets/([^?)]+)(?:\?view=checks)?\)")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, demo: Release) -> dict[int, str]:
    """What the page's blocks come to."""
    return play(PAGE, world_of(demo.settings.home, tmp_path_factory.mktemp("tutorial")), WORLD)


@pytest.mark.parametrize("block", [one for one in blocks(PAGE) if one.is_played], ids=str)
def test_the_page_shows_what_comes_of_it(played: dict[int, str], block: Block) -> None:
    assert same(played[block.line]) == same(block.content)


def test_every_asset_that_the_page_leads_to_is_in_dagster(demo: Release) -> None:
    led_to = {dg.AssetKey(path.split("/")) for path in _ASSET.findall((DOCS / PAGE).read_text(encoding="utf-8"))}
    assert len(led_to) == 6
    assert led_to <= build_defs(demo.settings).resolve_asset_graph().get_all_asset_keys()


def test_dagster_shows_of_the_demo_what_the_page_says(demo: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check that holds the week, the invariants, and the week that never came."""
    monkeypatch.setenv("DAGSTER_HOME", str(demo.settings.dagster_home))
    with dg.DagsterInstance.from_config(str(demo.settings.dagster_home)) as instance:
        seen = {
            (check.asset_key.path[-1], check.check_name): (check.passed, check.severity.name)
            for check in _checks_of_the_last_run(instance)
        }
        feed = dg.AssetKey(["landing", "sante_unie.sell_out"])
        filled = instance.get_materialized_partitions(feed)
    assert seen["acceptance", "accepted_publishable"] == (False, "WARN")
    assert {passed for (suite, _), (passed, _) in seen.items() if suite == "conservation"} == {True}
    assert {"2025-05-05", "2025-05-19"} <= filled
    assert "2025-05-12" not in filled


def _checks_of_the_last_run(instance: dg.DagsterInstance) -> list[dg.AssetCheckEvaluation]:
    [run] = instance.get_runs(limit=1)
    logged = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    return [one.get_dagster_event().event_specific_data for one in logged]

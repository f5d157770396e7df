"""`docs/operate.md` is played on the demo: what it tells to do can be done, and comes to what it shows."""

from __future__ import annotations

import pytest

from tests.pipeline.conftest import Release
from tests.pipeline.pages import WORLD, Block, blocks, play, same, world_of
from tests.postgres_server import find_program

PAGE = "operate.md"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, demo: Release, request: pytest.FixtureRequest) -> dict[int, str]:
    """What the page's blocks come to."""
    world = world_of(demo.settings.home, tmp_path_factory.mktemp("operate"))
    has_server = find_program("initdb") and find_program("psql")
    database = {"DATABASE": request.getfixturevalue("postgres_uri")} if has_server else {}
    return play(PAGE, world, WORLD | database)


@pytest.mark.parametrize("block", [one for one in blocks(PAGE) if one.is_played], ids=str)
def test_the_page_shows_what_comes_of_it(played: dict[int, str], block: Block) -> None:
    if block.line not in played:
        pytest.skip("PostgreSQL is needed here, as `apt-get install postgresql` gives it")
    assert same(played[block.line]) == same(block.content)

"""`selltrace docs`: the dbt docs, to look at in a browser."""

from __future__ import annotations

import shutil

from orchestration.commands.console import OUT, fail, shown_path
from orchestration.commands.state import settings
from orchestration.files import written_aside
from orchestration.transform.invoke import invoke_dbt


def docs() -> None:
    """Write the dbt docs, one self-contained page, into the current release."""
    if not settings().current.exists():
        fail("nothing is published yet; run `selltrace run` first")
    invoke_dbt(settings(), ["docs", "generate", "--static"])
    target = settings().current.resolve() / "docs" / "index.html"
    with written_aside(target) as aside:
        shutil.copyfile(settings().home / "dbt" / "target" / "static_index.html", aside)
    OUT.print(shown_path(settings().current / "docs" / "index.html"), highlight=False, soft_wrap=True)

"""`selltrace demo`: the simulated market, all the way, and the figures a brand manager asks first."""

from __future__ import annotations

import time

from orchestration.commands.console import ERR, OUT
from orchestration.commands.figures import brand_figures
from orchestration.commands.run import run
from orchestration.commands.state import contracts, settings
from orchestration.demo import DEMO_AS_OF, generate


def demo(as_json: bool) -> None:
    """Generate the market, run it through Dagster as of its last day, print what came of it."""
    contracts()
    started = time.monotonic()
    ERR.print("Generating the demo market ...", highlight=False)
    generate(settings().landing, settings().home / "demo_truth.json")
    run(DEMO_AS_OF, as_json)
    if not as_json:
        OUT.print(brand_figures(settings().current.resolve()))
        OUT.print(
            f"{time.monotonic() - started:.0f} s. `make ui` shows the flow, `make docs` the tables.", highlight=False
        )

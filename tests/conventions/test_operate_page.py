"""The page for whoever operates selltrace names every gate with severity and bound, and only commands that there are.

That its blocks come to what they show is played on the demo, in `tests/pipeline/test_operate.py`.
"""

from __future__ import annotations

import re

import typer.main

from orchestration.cli import app
from orchestration.gates.suites import load_suites
from orchestration.settings import CHECKOUT

PAGE = (CHECKOUT / "docs" / "operate.md").read_text(encoding="utf-8")


def test_every_gate_is_there_with_its_severity() -> None:
    told = dict(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \| ([a-z]+) \|", PAGE, re.MULTILINE))
    shipped = {
        f"{suite.name}.{expectation.name}": "invariant" if suite.meta.invariant else expectation.severity
        for suite in load_suites()
        for expectation in suite.expectations
    }
    assert told == shipped


def test_every_gate_states_the_bound_that_is_in_force() -> None:
    """Bounds are shares: a row says no other percentage than the suite's, and says it."""
    told = dict(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \| [a-z]+ \| ([^|]+) \|", PAGE, re.MULTILINE))
    for suite in load_suites():
        for expectation in suite.expectations:
            bounds = [expectation.kwargs.get(name, 0) for name in ("min_value", "max_value")]
            in_force = {f"{100 * abs(bound):g}" for bound in bounds if bound}
            row = told[f"{suite.name}.{expectation.name}"]
            assert set(re.findall(r"([\d.]+)%", row)) == in_force, row


def test_every_command_and_option_exists() -> None:
    root = typer.main.get_command(app)
    called = re.findall(r"selltrace ((?:[a-z][a-z-]* ?)+)((?:[^`\n]*))", PAGE)
    assert len(called) > 10
    for words, rest in called:
        command = root
        for word in words.split():
            if hasattr(command, "commands"):
                command = command.commands[word]
        options = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= options, (words, rest)


def test_every_page_that_it_points_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (CHECKOUT / "docs" / target).exists(), target

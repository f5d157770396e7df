"""Pages of `docs/` that are played: every code block is a file, commands with what they print, or Python with what it
gives.

    ```console            `$ command` lines, each followed by what it prints; a line that ends in `\\` goes on
    ```pycon              what a Python prompt shows
    ```LANGUAGE PATH ...  a file of that content, with words on how it is written

Belongs here: reading a page, playing it in a folder, what differs from run to run. Does not belong here: what else
is true of the folder then.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from orchestration.settings import CHECKOUT

#: where `world_of` puts things
WORLD = {"SELLTRACE_HOME": "home", "SELLTRACE_CONTRACTS": "contracts"}
DOCS = CHECKOUT / "docs"
_BLOCK = re.compile(r"^```(\w+)(?: ([^\n]+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n", re.MULTILINE)
#: what pages show for the folder that they are played in
HERE = "/selltrace"
_TRAILING = re.compile(r" +$", re.MULTILINE)
#: what no two runs have alike, and what stands for it
_VARYING = {
    re.compile(r"\d{8}T\d{9}Z-[0-9a-f]{8}"): "<release>",
    # the demo ends before: later moments are those of the clock
    re.compile(r"20(?:26-1[12]|2[7-9]-\d\d|[3-9]\d-\d\d)-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?"): "<now>",
}


@dataclass(frozen=True)
class Block:
    """A code block; `line` is that of its fence, `name` what follows the language."""

    language: str
    name: str
    content: str
    line: int

    def __str__(self) -> str:
        return f"line_{self.line}"

    @property
    def is_played(self) -> bool:
        """Whether it shows what comes of it."""
        return self.language in ("console", "pycon")


Writer = Callable[[Path, Block], None]


def blocks(page: str) -> list[Block]:
    """All blocks of a page, in order."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return [
        Block(match[1], match[2] or "", match[3], text.count("\n", 0, match.start()) + 1)
        for match in _BLOCK.finditer(text)
    ]


def same(shown: str) -> str:
    """A text without what differs from run to run."""
    for varying, stands_for in _VARYING.items():
        shown = varying.sub(stands_for, shown)
    return shown


def write_text(folder: Path, block: Block) -> None:
    """Write a block's file as text; `encoding=` may follow its path."""
    path, _, words = block.name.partition(" ")
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(block.content.encode(words.partition("encoding=")[2] or "utf-8"))


def world_of(home: Path, folder: Path) -> Path:
    """A folder with a copy of a home, as `home`, and of the demo's contracts, as `contracts`."""
    shutil.copytree(home, folder / "home", symlinks=True)
    shutil.copytree(CHECKOUT / "contracts", folder / "contracts")
    return folder


def play(page: str, folder: Path, environment: Mapping[str, str], write: Writer = write_text) -> dict[int, str]:
    """Play a page from its first block to its last; returns what each played block comes to, by line.

    Blocks that ask for `$DATABASE` are left out where the environment has none.
    With `SELLTRACE_REVIEW=1` what was played is put into the page, for a person to review.
    """
    prompt: dict[str, object] = {}
    played = {}
    for block in blocks(page):
        if "$DATABASE" in block.content and "DATABASE" not in environment:
            continue
        if block.language == "console":
            played[block.line] = "".join(_called(block, folder, environment))
        elif block.language == "pycon":
            played[block.line] = "".join(_typed(block, folder, prompt))
        else:
            assert block.name, f"{page}:{block.line}: a block that is neither played nor named"
            write(folder, block)
    if os.environ.get("SELLTRACE_REVIEW"):
        _rewrite(page, played)
    return played


def _called(block: Block, folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """The commands of a block, each with what it printed, errors too."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for command in _COMMAND.findall(block.content):
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=folder,
            env={**os.environ, "COLUMNS": "110", "NO_COLOR": "1", "PATH": path, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        printed = _TRAILING.sub("", done.stdout).replace(str(folder), HERE)
        yield f"$ {command}\n{printed}"


def _typed(block: Block, folder: Path, prompt: dict[str, object]) -> Iterator[str]:
    """The statements of a block, each with what the prompt answered."""
    for example in doctest.DocTestParser().get_examples(block.content):
        answer = io.StringIO()
        with contextlib.chdir(folder), contextlib.redirect_stdout(answer):
            exec(compile(example.source, "page", "single"), prompt)
        first, *rest = example.source.splitlines()
        yield "".join([f">>> {first}\n", *(f"... {line}\n" for line in rest), answer.getvalue()])


def _rewrite(page: str, played: Mapping[int, str]) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")

    def filled(match: re.Match[str]) -> str:
        line = text.count("\n", 0, match.start()) + 1
        if line not in played or same(played[line]) == same(match[3]):
            return match[0]
        return match[0].replace(match[3], played[line])

    (DOCS / page).write_text(_BLOCK.sub(filled, text), encoding="utf-8")

"""Which files a glob selects: `path` and `location` of a contract, and `member` for the files of an archive.

`*`, `?` and `[…]` stay within one folder, `**` stands for any number of folders, at the end for all files below.
Belongs here: matching names, walking folders. Does not belong here: what folders are (`local`, `sftp`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Protocol, TypeVar

_MAGIC = re.compile(r"[*?\[]")
_ANY_FOLDERS = "**"
_PARTIAL = (".part", ".partial", ".filepart", ".tmp")


class Entry(Protocol):
    """What a folder holds under one name; `os.DirEntry` is one."""

    @property
    def name(self) -> str:
        """The name, without folders."""

    def is_dir(self) -> bool:
        """Whether it is a folder, or a link to one."""

    def is_file(self) -> bool:
        """Whether it is a regular file, or a link to one."""

    def is_symlink(self) -> bool:
        """Whether it is a link."""


EntryT = TypeVar("EntryT", bound=Entry)


class Glob:
    """A glob, cut into the folder that all its files lie below (`root`) and the parts that vary."""

    def __init__(self, pattern: str) -> None:
        self._all = pattern.split("/")
        varying = (at for at, part in enumerate(self._all[:-1]) if _MAGIC.search(part))
        start = next(varying, len(self._all) - 1)
        self.root = "/".join(self._all[:start])
        self._parts = self._all[start:]
        self.is_deep = len(self._parts) > 1 or self._parts[-1] == _ANY_FOLDERS

    def selects(self, name: str) -> bool:
        """Whether the glob matches a name (its folders included) and no part below `root` is left out."""
        parts = name.split("/")
        below = parts[len(self._all) - len(self._parts) :]
        return not any(map(is_left_out, below)) and _fits(self._all, parts)

    def may_enter(self, depth: int, entry: Entry) -> bool:
        """Whether files below a folder, `depth` folders below `root`, can match; `**` follows no links."""
        if _ANY_FOLDERS in self._parts[: depth + 1]:
            return not entry.is_symlink()
        return depth < len(self._parts) - 1 and fnmatchcase(entry.name, self._parts[depth])


def literal_start(pattern: str) -> str:
    """The text that all names matching a glob begin with."""
    magic = _MAGIC.search(pattern)
    return pattern[: magic.start()] if magic else pattern


def is_left_out(name: str) -> bool:
    """Whether a file or folder is hidden, or is a file that is not whole yet."""
    return (name.startswith(".") and name not in (".", "..")) or name.lower().endswith(_PARTIAL)


def walk(
    glob: Glob, entries: Callable[[str], Iterable[EntryT]], may_follow: Callable[[str], bool]
) -> Iterator[tuple[str, EntryT]]:
    """Yield the files that a glob selects, with their names; `may_follow` is asked of links that it selects."""
    folders = [(glob.root, 0)]
    while folders:
        folder, depth = folders.pop()
        for entry in entries(folder):
            name = f"{folder}/{entry.name}" if folder else entry.name
            if is_left_out(entry.name):
                continue
            try:
                is_folder = entry.is_dir()
            except OSError:
                continue  # a link that leads in a circle
            if is_folder:
                if glob.may_enter(depth, entry) and (not entry.is_symlink() or may_follow(name)):
                    folders.append((name, depth + 1))
            elif glob.selects(name) and (not entry.is_symlink() or may_follow(name)) and entry.is_file():
                yield name, entry


def _fits(parts: Sequence[str], names: Sequence[str]) -> bool:
    if not parts:
        return not names
    if parts[0] == _ANY_FOLDERS:
        if len(parts) == 1:
            return bool(names)
        return any(_fits(parts[1:], names[at:]) for at in range(len(names)))
    return bool(names) and fnmatchcase(names[0], parts[0]) and _fits(parts[1:], names[1:])

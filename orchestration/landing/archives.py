"""Archives that partners send, opened so that nothing hostile in them does harm.

A file is an archive by its name. Its members are given as streams, one after the other; no path of a member is ever
written to, and what an archive declares of sizes is not believed: bytes are counted while they are decompressed.
Belongs here: which files are archives, and which of their members are files. Does not belong here: the layout of a
format (`unpack`), keeping bytes (`take`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import quote

from orchestration.landing.budget import Bounds, Budget, Refused
from orchestration.landing.globs import Glob, is_left_out
from orchestration.landing.names import name_problem
from orchestration.landing.unpack import Found, gz_content, tar_members, whole, zip_members

_TAR = (".tar.gz", ".tgz", ".tar")
_SUFFIXES = (*_TAR, ".zip", ".gz")
_LONGEST_SHOWN = 200


@dataclass(frozen=True)
class Member:
    """A file of an archive: its bytes, to be read before the next member is asked for, or why it is not taken.

    `name` is its path in the archive, percent-encoded where it is not safe to use; blank where the archive is one
    compressed file.
    """

    name: str
    chunks: Iterator[bytes]
    problem: str | None = None


def is_archive(name: str) -> bool:
    """Whether a file is an archive."""
    return name.lower().endswith(_SUFFIXES)


def without_gz(name: str) -> str:
    """The name of a compressed file's content."""
    return name[:-3] if name.lower().endswith(".gz") else name


def members(path: Path, name: str, wanted: str | None, bounds: Bounds) -> Iterator[Member]:
    """The files of an archive called `name` that `wanted` (a glob; None: all) selects; hidden ones are left out.

    Raises Refused, also after members were given, and while their bytes are read: then none of them counts.
    """
    budget = Budget(path.stat().st_size, bounds)
    lower = name.lower()
    if not lower.endswith((*_TAR, ".zip")):
        yield Member("", whole(gz_content(path, budget)))
        return
    selects = _selection(wanted)
    nothing = True
    for found in whole((tar_members if lower.endswith(_TAR) else zip_members)(path, lower, budget)):
        parts = [part for part in found.name.replace("\\", "/").split("/") if part not in ("", ".")]
        if parts and not any(map(_is_hidden, parts)) and selects("/".join(parts)):
            nothing = False
            yield _member(found, parts)
    if nothing:
        what = f"no file that `member` {wanted} selects; correct `member` in the contract" if wanted else "no file"
        raise Refused(f"the archive holds {what}")


def _member(found: Found, parts: list[str]) -> Member:
    name = "/".join(parts)
    if found.name[0] in "/\\" or re.match("[A-Za-z]:", name) or ".." in parts:
        problem: str | None = "its name leads out of the archive; ask the partner to pack it by a plain name"
    else:
        problem = name_problem(name)
    if problem:
        quoted = quote(found.name.encode(errors="surrogateescape"), safe=" ").replace("..", "%2E%2E")
        return Member(quoted[:_LONGEST_SHOWN], iter(()), problem)
    if not found.is_file:
        problem = "it is a link, a device or a sparse file; ask the partner to pack the plain file"
    elif is_archive(name):
        problem = "an archive in an archive is not opened; ask the partner to pack its files"
    return Member(name, whole(found.chunks()), problem)


def _selection(wanted: str | None) -> Callable[[str], bool]:
    if wanted is None:
        return lambda name: True
    if "/" in wanted:
        return Glob(wanted).selects
    return lambda name: fnmatchcase(name.rsplit("/", 1)[-1], wanted)


def _is_hidden(part: str) -> bool:
    return part == "__MACOSX" or is_left_out(part)

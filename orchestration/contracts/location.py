"""Where the files of a remote feed lie: the parts of a `location`, and what is wrong with one.

Belongs here: the form of the URLs. Does not belong here: connecting to servers (`landing`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

#: the standard's types of servers that a URL leads to, and the URL to write
EXAMPLES: Final = {"s3": "s3://bucket/folder/*.csv", "sftp": "sftp://user@host/folder/*.csv"}

_S3: Final = re.compile(r"s3://(?P<bucket>[^/@:*?\[\]]+)/(?P<path>.+)")
_SFTP: Final = re.compile(
    r"sftp://(?:(?P<user>[^/:]+)@)?(?P<host>[^/@:*?\[\]]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>\d{1,5}))?/(?P<path>.+)"
)
_PASSWORD: Final = re.compile(r"\w+://[^/]*:[^/]*@")


@dataclass(frozen=True)
class S3Location:
    """A bucket, and the glob of its keys."""

    bucket: str
    path: str

    @property
    def pattern(self) -> str:
        """Glob over names of files, `bucket/key`."""
        return f"{self.bucket}/{self.path}"


@dataclass(frozen=True)
class SftpLocation:
    """A host, and the glob of absolute paths on it (without the leading slash)."""

    host: str
    path: str
    user: str | None = None
    port: int | None = None

    @property
    def address(self) -> str:
        """The host as names of files begin with it: no user, the port where the contract states one."""
        return f"{self.host}:{self.port}" if self.port else self.host

    @property
    def pattern(self) -> str:
        """Glob over names of files, `host/path`."""
        return f"{self.address}/{self.path}"


def s3_location(location: str) -> S3Location:
    """Take an `s3://` URL apart. Raises ValueError."""
    found = _S3.fullmatch(location)
    if not found:
        raise ValueError(f"{location} is no s3:// URL; write {EXAMPLES['s3']}")
    return S3Location(**found.groupdict())


def sftp_location(location: str) -> SftpLocation:
    """Take an `sftp://` URL apart. Raises ValueError."""
    found = _SFTP.fullmatch(location)
    if not found:
        raise ValueError(f"{location} is no sftp:// URL; write {EXAMPLES['sftp']}")
    port = found["port"]
    return SftpLocation(found["host"], found["path"], found["user"], int(port) if port else None)


def location_error(server_type: str, location: str) -> tuple[str, str] | None:
    """Return what is wrong with the location of a server, and the cure; None if nothing is."""
    example = EXAMPLES.get(server_type)
    if example is None:
        return None
    if _PASSWORD.match(location):
        where = "the AWS environment" if server_type == "s3" else "a netrc file"
        return "the location holds a password", f"Write {example}, and the password in {where}"
    try:
        (s3_location if server_type == "s3" else sftp_location)(location)
    except ValueError:
        return f"the location is no {server_type}:// URL of files", f"Write {example}"
    if ".." in location.split("/"):
        return "the location holds `..`", f"Write {example}"
    return ("the location names a folder", f"Write {example}") if location.endswith("/") else None

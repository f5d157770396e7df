"""The server of a contract: where the files of the feed land and how they are written.

Belongs here: the standard's words and our custom properties of a server, joined into `Server`.
Does not belong here: opening files (`landing`, `ingest`).
"""

from __future__ import annotations

import re
from typing import Any, Final, get_args

from orchestration.contracts.document import Document, Place, listed
from orchestration.contracts.location import location_error
from orchestration.contracts.model import Format, Server
from orchestration.contracts.problems import Report, write_one_of
from orchestration.contracts.values import Entry
from orchestration.contracts.words import SERVER_WORDS, read_words, warn_of_idle_words

_TYPES: Final = get_args(Server.model_fields["type"].annotation)
_FORMATS: Final = get_args(Format)
_LANDING: Final = "landing"
#: words that the standard itself gives to some servers, and we to all
_DIRECT: Final = ("encoding", "delimiter")


def read_server(data: dict[str, Any], document: Document, report: Report) -> Server | None:
    """Read the server named `landing`, or the only one; None if it is wrong or absent."""
    found = _landing(data, report)
    if found is None:
        return None
    place, server = found
    fields = _direct_words(server, place, document, report)
    given = read_words(server, place, SERVER_WORDS, document, report)
    for field in fields.keys() & given.keys():
        if fields[field] != given[field]:
            report.error((*place, field), f"`{field}` is also a custom property, with another value", "Keep one")
    fields |= given
    _check_marks(fields, place, report)
    fields |= {"type": _type(server, place, report), "format": _format(server, place, report)}
    fields["path"] = _path(server, place, report)
    if "endpointUrl" in server:
        fields["endpoint_url"] = _endpoint(server, place, report)
    if fields["format"]:
        warn_of_idle_words(server, place, SERVER_WORDS, fields["format"], document, report)
    return None if None in fields.values() else Server(**fields)


def _landing(data: dict[str, Any], report: Report) -> tuple[Place, dict[str, Any]] | None:
    servers: list[tuple[Place, dict[str, Any]]] = [(("servers", at), server) for at, server in listed(data, "servers")]
    if not servers:
        cure = "Write `servers: [{server: landing, type: local, path: …, format: csv}]`"
        report.error(("servers",), "the contract has no server", cure)
        return None
    named = [found for found in servers if found[1].get("server") == _LANDING]
    if len(named) != 1 and len(servers) > 1:
        report.error(("servers",), "which server is read is not clear", f"Name one of them `{_LANDING}`")
        return None
    return (named or servers)[0]


def _direct_words(server: dict[str, Any], place: Place, document: Document, report: Report) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for word in _DIRECT:
        if isinstance(server.get(word), str):
            value = SERVER_WORDS[word].read(Entry(word, server[word], (*place, word), document), report)
            fields |= {} if value is None else {word: value}
    return fields


def _check_marks(fields: dict[str, Any], place: Place, report: Report) -> None:
    if fields.get("thousands") and fields["thousands"] == fields.get("decimal", "."):
        message = f"`{fields['thousands']}` marks both thousands and decimals"
        report.error((*place, "customProperties"), message, "Write another `decimal` or `thousands`")


def _type(server: dict[str, Any], place: Place, report: Report) -> str | None:
    given = server.get("type")
    if given in _TYPES:
        return given
    if isinstance(given, str) and not report.told((*place, "type")):
        report.error((*place, "type"), f"files are not read from a `{given}` server", write_one_of(given, _TYPES))
    return None


def _format(server: dict[str, Any], place: Place, report: Report) -> str | None:
    given = server.get("format")
    if given in _FORMATS:
        return given
    if isinstance(given, str):
        report.error((*place, "format"), f"unknown format `{given}`", write_one_of(given, _FORMATS))
    elif given is None and server.get("type") in ("s3", "sftp"):  # the standard's schema demands it of the others
        report.error(place, "`format` is missing", write_one_of(None, _FORMATS))
    return None


def _path(server: dict[str, Any], place: Place, report: Report) -> str | None:
    word = "path" if server.get("type") == "local" else "location"
    given = server.get(word)
    if not isinstance(given, str):
        return None  # the standard's schema has told it
    if word == "path" and (wrong := _local_path_error(given)) is not None:
        report.error((*place, word), f"the path {wrong}", "Write a glob below the landing folder: partner/kind/*.csv")
    if not given.strip():
        report.error((*place, word), f"`{word}` is empty", "Write where the files land")
    elif word == "location" and (mistake := location_error(str(server.get("type")), given)) is not None:
        report.error((*place, word), *mistake)
    return given


def _endpoint(server: dict[str, Any], place: Place, report: Report) -> str | None:
    given = server["endpointUrl"]
    if isinstance(given, str) and re.fullmatch(r"https?://[^/@\s]+/?", given):
        return given
    if isinstance(given, str):
        report.error((*place, "endpointUrl"), "the endpoint is no http URL of a host", "Write https://host:port")
    return None


def _local_path_error(path: str) -> str | None:
    if re.match(r"/|~|[A-Za-z]:|\w+://", path):
        return "is not below the landing folder"
    if ".." in re.split(r"[/\\]", path):
        return "leaves the landing folder"
    return "is written with backslashes" if "\\" in path else None

"""Servers elsewhere: what a `location` and an `endpointUrl` may be."""

from __future__ import annotations

import pytest

from orchestration.contracts.location import S3Location, SftpLocation, s3_location, sftp_location


def remote(good: str, server_type: str, location: str, more: str = "") -> str:
    start, end = good.index("    type: local"), good.index("schema:")
    return f"{good[:start]}    type: {server_type}\n    location: '{location}'\n    format: csv\n{more}{good[end:]}"


@pytest.mark.parametrize(
    ("location", "parts"),
    [
        ("s3://bucket/*.csv", S3Location("bucket", "*.csv")),
        ("s3://my.bucket-1/a b/**/x?[0-9].csv", S3Location("my.bucket-1", "a b/**/x?[0-9].csv")),
    ],
)
def test_an_s3_url_is_a_bucket_and_a_glob(location, parts):
    assert s3_location(location) == parts
    assert parts.pattern == location.removeprefix("s3://")


@pytest.mark.parametrize(
    ("location", "parts", "pattern"),
    [
        ("sftp://host/out/*.csv", SftpLocation("host", "out/*.csv"), "host/out/*.csv"),
        ("sftp://me@host:2222/a?.csv", SftpLocation("host", "a?.csv", "me", 2222), "host:2222/a?.csv"),
        ("sftp://a@b.example@host/#1/*", SftpLocation("host", "#1/*", "a@b.example"), "host/#1/*"),
        ("sftp://[::1]:22/x", SftpLocation("[::1]", "x", None, 22), "[::1]:22/x"),
    ],
)
def test_an_sftp_url_is_a_user_a_host_and_a_glob(location, parts, pattern):
    assert sftp_location(location) == parts
    assert parts.pattern == pattern


@pytest.mark.parametrize(
    ("server_type", "location", "message", "cure"),
    [
        ("s3", "https://bucket/*.csv", "no s3:// URL", "Write s3://bucket/folder/*.csv"),
        ("s3", "s3://bucket", "no s3:// URL", "Write s3://"),
        ("s3", "s3://*/x.csv", "no s3:// URL", "Write s3://"),
        ("s3", "s3://key:secret@bucket/*.csv", "holds a password", "the AWS environment"),
        ("s3", "s3://bucket/out/", "names a folder", "Write s3://"),
        ("s3", "s3://bucket/../*.csv", "holds `..`", "Write s3://"),
        ("sftp", "sftp://host", "no sftp:// URL", "Write sftp://user@host/folder/*.csv"),
        ("sftp", "sftp://host:port/*.csv", "no sftp:// URL", "Write sftp://"),
        ("sftp", "sftp://me:secret@host/*.csv", "holds a password", "a netrc file"),
        ("sftp", "sftp://me@host/a/../*.csv", "holds `..`", "Write sftp://"),
    ],
)
def test_a_location_that_leads_to_no_files_is_a_mistake(folder, good, server_type, location, message, cure):
    folder.write(remote(good, server_type, location))
    (problem,) = folder.load().errors
    assert (problem.line, message in problem.message, cure in problem.cure) == (9, True, True)
    assert "secret" not in f"{problem.message} {problem.cure}"


def test_a_store_of_ones_own_is_named_by_its_endpoint(folder, good):
    server = folder.contract(remote(good, "s3", "s3://b/*", "    endpointUrl: http://minio:9000\n")).server
    assert (server.path, server.endpoint_url) == ("s3://b/*", "http://minio:9000")


@pytest.mark.parametrize("endpoint", ["minio:9000", "http://key:secret@minio", "http://minio/bucket"])
def test_an_endpoint_is_a_host_only(folder, good, endpoint):
    folder.write(remote(good, "s3", "s3://b/*", f"    endpointUrl: {endpoint}\n"))
    (problem,) = folder.load().errors
    assert (problem.line, problem.message) == (11, "the endpoint is no http URL of a host")


def test_members_of_archives_are_chosen_by_a_word_of_the_server(folder, good):
    word = '    customProperties:\n      - {property: member, value: "*.csv"}\n'
    assert folder.contract(remote(good, "sftp", "sftp://h/*.zip", word)).server.member == "*.csv"

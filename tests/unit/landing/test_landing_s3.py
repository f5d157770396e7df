"""Feeds in S3, against a server on this machine that speaks S3."""

from __future__ import annotations

import hashlib
import http.client
import io
import logging
import socket
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import ActionAuthenticatorMixin
from moto.server import ThreadedMotoServer

from orchestration.automation.news import waiting_files
from orchestration.contracts.model import Contract, Mapping
from orchestration.landing import sources
from orchestration.landing.bytes import newest_file
from orchestration.landing.land import land
from orchestration.landing.ledger import ledger
from orchestration.landing.s3 import S3
from orchestration.landing.sources import Listed
from orchestration.settings import Settings
from tests.unit.ingest.feeds import SELL_OUT, lines, sell_out_contract, take_in

HEADER = "Code;Jour;Qté;CA\n"
FILE = f"{HEADER}A;06/01/2025;1;1\n"
BUCKET = "shop-bucket"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a word of theirs")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setattr(sources, "_UNREACHABLE", {})


@pytest.fixture(scope="module")
def partner(endpoint: str) -> Any:
    """The partner's way into the store."""
    known = {"aws_access_key_id": "partner", "aws_secret_access_key": "another word", "region_name": "us-east-1"}
    return boto3.resource("s3", endpoint_url=endpoint, **known)


@pytest.fixture
def bucket(partner: Any) -> Iterator[Any]:
    """An empty bucket."""
    bucket = partner.Bucket(BUCKET)
    bucket.create()
    yield bucket
    bucket.objects.delete()
    bucket.delete()


def feed(endpoint: str, path: str = "out/*.csv", **words: Any) -> Contract:
    server = {"type": "s3", "path": f"s3://{BUCKET}/{path}", "endpoint_url": endpoint, **words.pop("server", {})}
    return sell_out_contract(server, **words)


def test_objects_are_deliveries_whose_lines_are_read(settings: Settings, endpoint: str, bucket: Any) -> None:
    bucket.put_object(Key="out/a.csv", Body=FILE.encode())
    bucket.put_object(Key="out/b.txt", Body=b"x")
    [entry] = take_in(settings, feed(endpoint))
    assert entry.file_name == f"{BUCKET}/out/a.csv"
    assert entry.sha256 == hashlib.sha256(FILE.encode()).hexdigest()
    assert entry.received_at == bucket.Object("out/a.csv").last_modified
    assert lines(settings, "product_code") == [("A",)]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("out/*.csv", ["out/a.csv"]),
        ("out/a*", ["out/a b+é.csv", "out/a.csv"]),
        ("*/*.csv", ["out/a.csv"]),
        ("out/**/*.csv", ["out/a.csv", "out/x/a.csv", "out/x/y/a.csv"]),
        ("out/?/*.csv", ["out/x/a.csv"]),
        ("out/x/y/a.csv", ["out/x/y/a.csv"]),
        ("none/*.csv", []),
    ],
)
def test_a_location_selects_objects(
    settings: Settings, endpoint: str, bucket: Any, path: str, found: list[str]
) -> None:
    for key in ("out/a.csv", "out/x/a.csv", "out/x/y/a.csv", "out/.a.csv", "out/x/.y/a.csv", "out/a.csv.part", "out/"):
        bucket.put_object(Key=key, Body=FILE.encode())
    if "a*" in path:
        bucket.put_object(Key="out/a b+é.csv", Body=FILE.encode())
    look = land(settings, feed(endpoint, path))
    assert [entry.file_name for entry in look.new] == [f"{BUCKET}/{key}" for key in found]
    assert look.problems == []


def test_a_name_that_leads_elsewhere_is_named_and_not_read(settings: Settings, endpoint: str, bucket: Any) -> None:
    store = get_backend("s3")[DEFAULT_ACCOUNT_ID]["aws"]
    for key in ("out/x/../../../a.csv", "out/line\nbreak.csv"):
        store.put_object(BUCKET, key, FILE.encode())
    look = land(settings, feed(endpoint, "out/**/*.csv"))
    assert look.new == []
    assert any("points to a folder above" in problem for problem in look.problems)
    assert any("holds control characters" in problem for problem in look.problems)


def test_a_listing_goes_on_over_many_pages(settings: Settings, endpoint: str, bucket: Any) -> None:
    store = get_backend("s3")[DEFAULT_ACCOUNT_ID]["aws"]
    for number in range(1_001):
        store.put_object(BUCKET, f"out/{number:04}.csv", b"x")
    assert len(list(waiting_files(settings, [feed(endpoint)]))) == 1_001


def test_a_listing_alone_tells_that_nothing_is_new(
    settings: Settings, endpoint: str, bucket: Any, caplog: pytest.LogCaptureFixture
) -> None:
    bucket.put_object(Key="out/a.csv", Body=FILE.encode())
    assert len(list(waiting_files(settings, [feed(endpoint)]))) == 1
    take_in(settings, feed(endpoint))
    caplog.set_level(logging.INFO, "werkzeug")
    caplog.clear()
    assert list(waiting_files(settings, [feed(endpoint)])) == []
    assert take_in(settings, feed(endpoint)) == []
    requests = [record.getMessage() for record in caplog.records if record.name == "werkzeug"]
    assert len(requests) == 2
    assert all("list-type=2" in request for request in requests)


def test_an_object_that_was_overwritten_is_a_second_delivery(settings: Settings, endpoint: str, bucket: Any) -> None:
    bucket.put_object(Key="out/a.csv", Body=FILE.encode())
    take_in(settings, feed(endpoint))
    bucket.put_object(Key="out/a.csv", Body=FILE.encode() + b"B;06/01/2025;1;1\n")
    assert len(take_in(settings, feed(endpoint))) == 1
    assert len(ledger(settings)) == 2


def test_an_object_that_is_gone_leaves_what_landed(settings: Settings, endpoint: str, bucket: Any) -> None:
    bucket.put_object(Key="out/a.csv", Body=FILE.encode())
    take_in(settings, feed(endpoint))
    bucket.Object("out/a.csv").delete()
    assert take_in(settings, feed(endpoint, defaults={"location_code": "X"}))
    assert lines(settings, "location_code") == [("X",)]


def test_an_object_that_changes_while_it_is_read_is_read_again(
    settings: Settings, endpoint: str, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = b"x" * (20 << 20), b"y" * (20 << 20)
    bucket.put_object(Key="out/a.csv", Body=old)
    reading = S3.chunks
    changes = iter([new])

    def changing(self: S3, file: Listed) -> Iterator[bytes]:
        for number, chunk in enumerate(reading(self, file)):
            if number == 3 and (content := next(changes, None)):
                bucket.put_object(Key="out/a.csv", Body=content)
            yield chunk

    monkeypatch.setattr(S3, "chunks", changing)
    [entry] = land(settings, feed(endpoint)).new
    assert entry.sha256 == hashlib.sha256(new).hexdigest()
    assert [path.stem for path in (settings.lake / "files").iterdir()] == [entry.sha256]


def test_members_of_an_archive_are_deliveries(settings: Settings, endpoint: str, bucket: Any) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", FILE)
        archive.writestr("../b.csv", FILE)
    bucket.put_object(Key="out/week.zip", Body=packed.getvalue())
    good, refused = sorted(
        take_in(settings, feed(endpoint, "out/*.zip")), key=lambda entry: entry.rejected_reason or ""
    )
    assert good.file_name == f"{BUCKET}/out/week.zip/a.csv"
    assert "leads out of the archive" in (refused.rejected_reason or "")
    assert lines(settings, "product_code") == [("A",)]
    assert land(settings, feed(endpoint, "out/*.zip")).new == []


def test_of_a_personal_feed_objects_are_fetched_each_time_and_not_kept(
    settings: Settings, endpoint: str, bucket: Any
) -> None:
    mappings = (*SELL_OUT[:3], Mapping(name="customer_id", physical_name="CA", personal=True, primary_key=True))
    bucket.put_object(Key="out/a.csv", Body=FILE.encode())
    take_in(settings, feed(endpoint, mappings=mappings))
    take_in(settings, feed(endpoint, mappings=mappings, defaults={"location_code": "X"}))
    assert lines(settings, "location_code") == [("X",)]
    assert not (settings.lake / "files").exists()
    assert list((settings.lake / ".work").iterdir()) == []
    bucket.put_object(Key="out/a.csv", Body=FILE.replace(";1;1", ";22;1").encode())
    problems: list[str] = []
    take_in(settings, feed(endpoint, mappings=mappings, defaults={"location_code": "Y"}), problems)
    assert "put the file back as it was" in problems[0]
    assert sorted(lines(settings, "location_code, units::int")) == [("X", 1), ("Y", 22)]


def test_a_personal_object_waits_when_its_server_is_away(settings: Settings, endpoint: str, bucket: Any) -> None:
    mappings = (*SELL_OUT[:3], Mapping(name="customer_id", physical_name="CA", personal=True, primary_key=True))
    bucket.put_object(Key="out/a.csv", Body=FILE.encode())
    contract = feed(endpoint, mappings=mappings)
    assert len(land(settings, contract).new) == 1
    away = contract.model_copy(update={"server": contract.server.model_copy(update={"endpoint_url": closed_port()})})
    problems: list[str] = []
    assert take_in(settings, away, problems) == []
    assert "cannot be reached" in problems[0]
    [entry] = take_in(settings, contract)
    assert entry.lines_read == 1


def test_the_newest_object_can_be_tried(settings: Settings, endpoint: str, bucket: Any) -> None:
    bucket.put_object(Key="out/a.csv", Body=FILE.encode())
    settings.home.mkdir()
    found = newest_file(settings, feed(endpoint), settings.home)
    assert found is not None
    assert (found[0], found[1].read_text()) == (f"{BUCKET}/out/a.csv", FILE)
    assert newest_file(settings, feed(endpoint, "none/*"), settings.home) is None


def problem_of(settings: Settings, contract: Contract) -> str:
    """What a look says of a server that cannot be read; neither landing nor the sensor fails."""
    assert list(waiting_files(settings, [contract])) == []
    look = land(settings, contract)
    assert look.new == []
    [problem] = look.problems
    assert problem.startswith("shop/sell_out.odcs.yaml: s3://")
    return problem


def test_a_bucket_that_is_absent_is_told(settings: Settings, endpoint: str) -> None:
    assert "no such bucket; correct `location` or `endpointUrl`" in problem_of(settings, feed(endpoint))


def test_credentials_that_are_absent_are_told(
    settings: Settings, endpoint: str, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert "set AWS_ACCESS_KEY_ID" in problem_of(settings, feed(endpoint))


def test_credentials_that_are_wrong_are_told_and_not_shown(
    settings: Settings, endpoint: str, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as strict:
        strict.setattr(ActionAuthenticatorMixin, "request_count", 0)
        strict.setattr("moto.core.responses.settings.INITIAL_NO_AUTH_ACTION_COUNT", 0)
        problem = problem_of(settings, feed(endpoint))
    assert "may not be listed" in problem
    assert "check AWS_ACCESS_KEY_ID" in problem
    assert "a word of theirs" not in problem


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_a_server_that_is_down_is_told_and_what_landed_stays(settings: Settings, endpoint: str, bucket: Any) -> None:
    bucket.put_object(Key="out/a.csv", Body=FILE.encode())
    take_in(settings, feed(endpoint))
    assert "cannot be reached" in problem_of(settings, feed(closed_port()))
    assert lines(settings, "product_code") == [("A",)]


def test_a_server_that_never_answers_costs_its_time_out_once(settings: Settings) -> None:
    impatient = settings.model_copy(update={"server_timeout": 0.2})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        held: list[socket.socket] = []
        threading.Thread(target=hold, args=(silent, held), daemon=True).start()
        contracts = [
            feed(f"http://127.0.0.1:{silent.getsockname()[1]}", id=f"shop.sell_out_{number}") for number in range(8)
        ]
        started = time.monotonic()
        assert list(waiting_files(impatient, contracts)) == []
        assert all("cannot be reached" in land(impatient, contract).problems[0] for contract in contracts)
    assert len(held) == 2
    assert time.monotonic() - started < 20


class HalfWay(BaseHTTPRequestHandler):
    """Passes requests on, and breaks off in the midst of objects."""

    store = ""
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        connection = http.client.HTTPConnection(self.store)
        connection.request("GET", self.path, headers=dict(self.headers))
        answer = connection.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name in ("Content-Type", "ETag", "Last-Modified"):
            if value := answer.getheader(name):
                self.send_header(name, value)
        self.send_header("Content-Length", answer.getheader("Content-Length", str(len(content))))
        self.end_headers()
        self.wfile.write(content if "list-type" in self.path else content[: len(content) // 2])
        self.close_connection = True
        connection.close()

    do_HEAD = do_GET

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


def test_a_download_that_breaks_off_is_left_for_the_next_run(settings: Settings, endpoint: str, bucket: Any) -> None:
    bucket.put_object(Key="out/a.csv", Body=FILE.encode() * 10_000)
    broken = type("Broken", (HalfWay,), {"store": endpoint.removeprefix("http://")})
    with ThreadingHTTPServer(("127.0.0.1", 0), broken) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        look = land(settings, feed(f"http://127.0.0.1:{server.server_port}"))
        server.shutdown()
    assert look.new == []
    assert "cannot be reached" in look.problems[0]
    assert not (settings.lake / "files").exists()
    assert len(land(settings, feed(endpoint)).new) == 1


def hold(silent: socket.socket, held: list[socket.socket]) -> None:
    """Take every connection, and say nothing."""
    with suppress(OSError):
        while True:
            held.append(silent.accept()[0])


def test_a_moment_is_utc_whatever_the_zone_of_the_feed(settings: Settings, endpoint: str, bucket: Any) -> None:
    bucket.put_object(Key="out/2025-07-01.csv", Body=FILE.encode())
    contract = feed(endpoint, received_at="filename:%Y-%m-%d.csv", timezone="Europe/Paris")
    [entry] = land(settings, contract).new
    assert entry.received_at == datetime(2025, 6, 30, 22, tzinfo=UTC)

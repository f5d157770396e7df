"""Feeds on SFTP servers, against the system's own sshd on this machine."""

from __future__ import annotations

import getpass
import hashlib
import io
import os
import random
import socket
import subprocess
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import paramiko
import pytest

from orchestration.automation.news import waiting_files
from orchestration.contracts.location import sftp_location
from orchestration.contracts.model import Contract, Mapping
from orchestration.landing import sources
from orchestration.landing.bytes import newest_file
from orchestration.landing.land import land
from orchestration.landing.sftp import Sftp
from orchestration.landing.sources import Listed
from orchestration.landing.ssh import login
from orchestration.ports import free_port
from orchestration.settings import Settings
from tests.unit.ingest.feeds import SELL_OUT, lines, sell_out_contract, take_in

SSHD = Path("/usr/sbin/sshd")
PRIVILEGE_SEPARATION = Path("/run/sshd")
FILE = "Code;Jour;Qté;CA\nA;06/01/2025;1;1\n"


@dataclass(frozen=True)
class Server:
    """A running sshd, the folder that it serves, and a client's folder of keys that it lets in."""

    port: int
    folder: Path
    ssh: Path

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def put(self, name: str | bytes, content: str | bytes = FILE) -> Path:
        path = self.folder / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory) as server:
        yield server


@contextmanager
def serving(tmp_path_factory: pytest.TempPathFactory, *words: str) -> Iterator[Server]:
    """An sshd of its own, `words` added to its configuration."""
    if not SSHD.exists():
        pytest.skip(f"no sshd at {SSHD}; install openssh-server")
    if os.geteuid() == 0:
        PRIVILEGE_SEPARATION.mkdir(exist_ok=True)
    home = tmp_path_factory.mktemp("sshd")
    ssh = tmp_path_factory.mktemp("ssh")
    host_key, user_key = paramiko.ECDSAKey.generate(), paramiko.ECDSAKey.generate()
    host_key.write_private_key_file(str(home / "host_key"))
    user_key.write_private_key_file(str(ssh / "id_ecdsa"))
    (home / "authorized_keys").write_text(f"{user_key.get_name()} {user_key.get_base64()}\n")
    port = free_port()
    (ssh / "known_hosts").write_text(f"[127.0.0.1]:{port} {host_key.get_name()} {host_key.get_base64()}\n")
    (home / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {home / 'host_key'}\nPidFile none\nUsePAM no\n"
        f"AuthorizedKeysFile {home / 'authorized_keys'}\nStrictModes no\nPasswordAuthentication no\n"
        "PermitRootLogin yes\nSubsystem sftp internal-sftp\nMaxStartups 100\n" + "\n".join(words)
    )
    log = home / "log"
    with log.open("w") as stream:
        server = subprocess.Popen([SSHD, "-D", "-e", "-f", home / "sshd_config"], stderr=stream)
    try:
        wait_for(port, server, log)
        yield Server(port, home, ssh)
    finally:
        server.terminate()
        server.wait()


def wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(100):
        assert server.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise AssertionError(log.read_text())


@pytest.fixture
def server(sshd: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server with an empty folder."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setattr(sources, "_UNREACHABLE", {})
    folder = tmp_path / "partner"
    folder.mkdir()
    return Server(sshd.port, folder, sshd.ssh)


@pytest.fixture
def home(settings: Settings, server: Server) -> Settings:
    """A home that knows the server, and no other keys or passwords of this machine."""
    return settings.model_copy(update={"ssh": server.ssh, "netrc": server.folder / "no netrc"})


def feed(server: Server, path: str = "*.csv", **words: Any) -> Contract:
    location = f"sftp://{getpass.getuser()}@{server.address}{server.folder}/{path}"
    return sell_out_contract({"type": "sftp", "path": location}, **words)


def test_files_are_deliveries_whose_lines_are_read(home: Settings, server: Server) -> None:
    path = server.put("a.csv")
    os.utime(path, (1_750_000_000, 1_750_000_000))
    [entry] = take_in(home, feed(server))
    assert entry.file_name == f"{server.address}{server.folder}/a.csv"
    assert entry.received_at == datetime.fromtimestamp(1_750_000_000, UTC)
    assert lines(home, "product_code") == [("A",)]


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("*.csv", ["a.csv", "link.csv", "odd?#%41é.csv"]),
        ("odd*#%41?.csv", ["odd?#%41é.csv"]),
        ("**/*.csv", ["a.csv", "link.csv", "odd?#%41é.csv", "x/a.csv", "x/y/a.csv"]),
        ("*/a.csv", ["x/a.csv"]),
        ("x/a.csv", ["x/a.csv"]),
    ],
)
def test_a_location_selects_files(home: Settings, server: Server, path: str, found: list[str]) -> None:
    for name in ("a.csv", "odd?#%41é.csv", "x/a.csv", "x/y/a.csv", ".a.csv", ".x/a.csv", "a.csv.filepart", "b.txt"):
        server.put(name)
    (server.folder / "link.csv").symlink_to("x/a.csv")
    (server.folder / "gone.csv").symlink_to("nowhere")
    (server.folder / "folder.csv").symlink_to("x")
    (server.folder / "x" / "loop").symlink_to("..")
    look = land(home, feed(server, path))
    assert look.problems == []
    assert [entry.file_name for entry in look.new] == [f"{server.address}{server.folder}/{name}" for name in found]


def test_a_name_that_is_not_utf8_is_named_and_keeps_no_other_out(home: Settings, server: Server) -> None:
    server.put("a.csv")
    server.put("été.csv".encode("latin-1"))
    server.put("é/b.csv".encode("latin-1"))
    look = land(home, feed(server, "**/*.csv"))
    assert [entry.file_name.rsplit("/", 1)[-1] for entry in look.new] == ["a.csv"]
    assert len([problem for problem in look.problems if "is not UTF-8" in problem]) == 2


def test_a_listing_alone_tells_that_nothing_is_new(home: Settings, server: Server) -> None:
    path = server.put("a.csv")
    [(_, waiting)] = waiting_files(home, [feed(server)])
    assert waiting.size == len(FILE.encode())
    take_in(home, feed(server))
    state = path.stat()
    path.write_text(FILE.replace("A;", "B;"))
    os.utime(path, (state.st_atime, int(state.st_mtime)))
    assert list(waiting_files(home, [feed(server)])) == []
    assert take_in(home, feed(server)) == []
    os.utime(path, (state.st_atime, state.st_mtime + 1))
    assert len(take_in(home, feed(server))) == 1


def test_a_long_file_comes_whole(home: Settings, server: Server) -> None:
    content = random.Random(0).randbytes(5_000_001)
    server.put("a.csv", content)
    [entry] = land(home, feed(server)).new
    assert (entry.size, entry.sha256) == (len(content), hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize("size", [6_000_000, 100])
def test_a_file_that_changes_while_it_is_read_is_read_again(
    home: Settings, server: Server, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    change = b"y" * size
    path = server.put("a.csv", b"x" * 6_000_000)
    os.utime(path, (1_750_000_000, 1_750_000_000))
    reading = Sftp.chunks
    changes = iter([change])

    def changing(self: Sftp, file: Listed) -> Iterator[bytes]:
        for number, chunk in enumerate(reading(self, file)):
            if number == 1 and (content := next(changes, None)):
                path.with_name(".new").write_bytes(content)
                path.with_name(".new").replace(path)
            yield chunk

    monkeypatch.setattr(Sftp, "chunks", changing)
    [entry] = land(home, feed(server)).new
    assert entry.sha256 == hashlib.sha256(change).hexdigest()
    assert [kept.stem for kept in (home.lake / "files").iterdir()] == [entry.sha256]


@pytest.mark.parametrize("left", [0, 1, 32 << 10, (32 << 10) + 1, 64 << 10, (2 << 20) - 1, 2 << 20, 3_999_999])
def test_a_file_that_is_cut_short_under_its_reader_is_read_again(
    home: Settings, server: Server, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    path = server.put("a.csv", b"x" * 4_000_000)
    opening = paramiko.SFTPFile.readv
    cuts = iter([left])

    def cut(self: paramiko.SFTPFile, blocks: list[tuple[int, int]]) -> Any:
        if (size := next(cuts, None)) is not None:
            os.truncate(path, size)
        return opening(self, blocks)

    monkeypatch.setattr(paramiko.SFTPFile, "readv", cut)
    # were it waited for what never comes, the server would be told to be broken off
    look = land(home.model_copy(update={"server_timeout": 2}), feed(server))
    assert look.problems == []
    assert [entry.size for entry in look.new] == [left]


def read_together(monkeypatch: pytest.MonkeyPatch, how_many: int) -> None:
    """Let no file be read before that many are being read."""
    reading = Sftp.chunks
    together = threading.Barrier(how_many, timeout=20)

    def waiting(self: Sftp, file: Listed) -> Iterator[bytes]:
        for number, chunk in enumerate(reading(self, file)):
            if number == 0:
                together.wait()
            yield chunk

    monkeypatch.setattr(Sftp, "chunks", waiting)


def test_several_files_are_read_at_once_and_recorded_in_order(
    home: Settings, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = {f"{number:02}.csv": random.Random(number).randbytes(300_000) for number in range(8)}
    for name, content in contents.items():
        server.put(name, content)
    read_together(monkeypatch, 4)
    look = land(home, feed(server))
    assert look.problems == []
    assert [entry.file_name.rsplit("/", 1)[-1] for entry in look.new] == list(contents)
    assert [entry.sha256 for entry in look.new] == [hashlib.sha256(one).hexdigest() for one in contents.values()]
    assert list((home.lake / ".work").iterdir()) == []


def test_a_server_that_grants_one_channel_is_read_through_it(
    home: Settings, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for number in range(6):
        server.put(f"{number}.csv", f"{FILE}{number};06/01/2025;1;1\n")
    with serving(tmp_path_factory, "MaxSessions 1") as sparing:
        known = home.model_copy(update={"ssh": sparing.ssh})
        look = land(known, feed(Server(sparing.port, server.folder, sparing.ssh)))
    assert look.problems == []
    assert len(look.new) == 6


def test_members_of_an_archive_are_deliveries(home: Settings, server: Server) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", FILE)
    path = server.put("week.zip", packed.getvalue())
    [entry] = take_in(home, feed(server, "*.zip"))
    assert entry.file_name == f"{server.address}{server.folder}/week.zip/a.csv"
    assert lines(home, "product_code") == [("A",)]
    path.unlink()
    take_in(home, feed(server, "*.zip", defaults={"location_code": "X"}))
    assert lines(home, "location_code") == [("X",)]


def test_of_a_personal_feed_files_are_fetched_each_time_and_not_kept(home: Settings, server: Server) -> None:
    mappings = (*SELL_OUT[:3], Mapping(name="customer_id", physical_name="CA", personal=True, primary_key=True))
    path = server.put("a.csv")
    take_in(home, feed(server, mappings=mappings))
    take_in(home, feed(server, mappings=mappings, defaults={"location_code": "X"}))
    assert lines(home, "location_code") == [("X",)]
    assert not (home.lake / "files").exists()
    path.unlink()
    problems: list[str] = []
    take_in(home, feed(server, mappings=mappings, defaults={"location_code": "Y"}), problems)
    assert "put the file back as it was" in problems[0]


def test_the_newest_file_can_be_tried(home: Settings, server: Server) -> None:
    os.utime(server.put("a.csv"), (1_750_000_001, 1_750_000_001))
    os.utime(server.put("b.csv", "old"), (1_750_000_000, 1_750_000_000))
    home.home.mkdir()
    found = newest_file(home, feed(server), home.home)
    assert found is not None
    assert found[1].read_text() == FILE


def problem_of(settings: Settings, contract: Contract) -> str:
    """What a look says of a server that cannot be read; neither landing nor the sensor fails."""
    assert list(waiting_files(settings, [contract])) == []
    look = land(settings, contract)
    assert look.new == []
    [problem] = look.problems
    assert problem.startswith("shop/sell_out.odcs.yaml: ")
    return problem


def test_a_host_that_is_not_known_is_not_trusted(home: Settings, server: Server, tmp_path: Path) -> None:
    server.put("a.csv")
    ssh = tmp_path / "ssh"
    ssh.mkdir()
    (ssh / "id_ecdsa").write_bytes((server.ssh / "id_ecdsa").read_bytes())
    stranger = home.model_copy(update={"ssh": ssh})
    problem = problem_of(stranger, feed(server))
    assert "is not known" in problem
    assert f"ssh-keyscan -p {server.port} 127.0.0.1 >> {ssh / 'known_hosts'}" in problem
    assert "SHA256:" in problem
    assert not (ssh / "known_hosts").exists()


def test_a_host_with_another_key_is_not_trusted(home: Settings, server: Server, tmp_path: Path) -> None:
    server.put("a.csv")
    ssh = tmp_path / "ssh"
    ssh.mkdir()
    (ssh / "id_ecdsa").write_bytes((server.ssh / "id_ecdsa").read_bytes())
    other = paramiko.ECDSAKey.generate()
    (ssh / "known_hosts").write_text(f"[127.0.0.1]:{server.port} {other.get_name()} {other.get_base64()}\n")
    assert "shows another key than" in problem_of(home.model_copy(update={"ssh": ssh}), feed(server))


@pytest.mark.parametrize("keys", ["another key", "no key"])
def test_who_is_not_let_in_is_told_what_to_check(home: Settings, server: Server, tmp_path: Path, keys: str) -> None:
    server.put("a.csv")
    ssh = tmp_path / "ssh"
    ssh.mkdir()
    (ssh / "known_hosts").write_bytes((server.ssh / "known_hosts").read_bytes())
    if keys == "another key":
        paramiko.ECDSAKey.generate().write_private_key_file(str(ssh / "id_ecdsa"))
    problem = problem_of(home.model_copy(update={"ssh": ssh}), feed(server))
    assert f"does not let in {getpass.getuser()}" in problem
    assert (str(ssh / "id_ecdsa") if keys == "another key" else f"no key in {ssh}") in problem


def test_a_folder_that_is_absent_is_told(home: Settings, server: Server) -> None:
    problem = problem_of(home, feed(server, "absent/*.csv"))
    assert f"no folder {server.folder}/absent on {server.address}; correct `location`" in problem


def test_one_wrong_folder_keeps_no_other_feed_of_the_server_out(home: Settings, server: Server) -> None:
    server.put("a.csv")
    contracts = [feed(server, "absent/*.csv", id="absent"), feed(server)]
    assert [contract_id for contract_id, _ in waiting_files(home, contracts)] == ["shop.sell_out"]


def test_a_server_that_is_down_is_told_and_what_landed_stays(home: Settings, server: Server) -> None:
    server.put("a.csv")
    take_in(home, feed(server))
    down = Server(free_port(), server.folder, server.ssh)
    assert "cannot be reached" in problem_of(home, feed(down))
    assert lines(home, "product_code") == [("A",)]


def test_a_connection_that_breaks_off_leaves_the_rest_for_the_next_run(
    home: Settings, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        server.put(name, f"{FILE}{name};06/01/2025;1;1\n")
    reading = Sftp.chunks

    def breaking(self: Sftp, file: Listed) -> Iterator[bytes]:
        if file.name.endswith("b.csv"):
            self._files.client.close()
        yield from reading(self, file)

    with monkeypatch.context() as broken:
        broken.setattr(Sftp, "chunks", breaking)
        look = land(home.model_copy(update={"files_at_once": 1}), feed(server))
    assert [entry.file_name.rsplit("/", 1)[-1] for entry in look.new] == ["a.csv"]
    assert "the next run takes it up again" in look.problems[0]
    monkeypatch.setattr(sources, "_UNREACHABLE", {})
    assert len(land(home, feed(server)).new) == 2


def test_a_server_that_never_answers_costs_its_time_out_once(home: Settings, server: Server) -> None:
    impatient = home.model_copy(update={"server_timeout": 0.3})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        down = Server(silent.getsockname()[1], server.folder, server.ssh)
        held: list[socket.socket] = []
        threading.Thread(target=hold, args=(silent, held), daemon=True).start()
        contracts = [feed(down, id=f"shop.sell_out_{number}") for number in range(8)]
        started = time.monotonic()
        assert list(waiting_files(impatient, contracts)) == []
        assert all("cannot be reached" in land(impatient, contract).problems[0] for contract in contracts)
    assert len(held) == 1
    assert time.monotonic() - started < 10


def hold(silent: socket.socket, held: list[socket.socket]) -> None:
    """Take every connection, and say nothing."""
    with suppress(OSError):
        while True:
            held.append(silent.accept()[0])


def test_a_password_goes_to_its_own_host_only(home: Settings, server: Server, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine a.example login shop password secret\n")
    known = home.model_copy(update={"netrc": netrc})
    own = login(known, sftp_location("sftp://a.example/out/*.csv"))
    assert (own.user, own.password) == ("shop", "secret")
    assert login(known, sftp_location("sftp://b.example/out/*.csv")).password is None
    assert login(known, sftp_location("sftp://other@a.example/out/*.csv")).password is None


def test_a_netrc_that_cannot_be_read_is_told(home: Settings, server: Server, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine a.example\nlogon shop\n")
    problem = problem_of(home.model_copy(update={"netrc": netrc}), feed(server))
    assert f"{netrc} line" in problem


def test_the_ssh_config_names_user_host_and_key(home: Settings, server: Server, tmp_path: Path) -> None:
    server.put("a.csv")
    ssh = tmp_path / "ssh"
    ssh.mkdir()
    (ssh / "known_hosts").write_bytes((server.ssh / "known_hosts").read_bytes())
    (ssh / "config").write_text(
        f"Host partner\n  HostName 127.0.0.1\n  Port {server.port}\n  User {getpass.getuser()}\n"
        f"  IdentityFile {server.ssh / 'id_ecdsa'}\n"
    )
    contract = sell_out_contract({"type": "sftp", "path": f"sftp://partner{server.folder}/*.csv"})
    [entry] = land(home.model_copy(update={"ssh": ssh}), contract).new
    assert entry.file_name == f"partner{server.folder}/a.csv"

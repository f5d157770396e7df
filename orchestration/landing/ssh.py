"""Connections to SFTP servers: only to known hosts, by keys of the agent and of `~/.ssh`, or a password of `~/.netrc`.

Belongs here: who logs in how, and what a refusal means. Does not belong here: listing and reading (`sftp`).
"""

from __future__ import annotations

import base64
import getpass
import hashlib
import logging
import netrc
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem
from paramiko.auth_strategy import AuthStrategy, InMemoryPrivateKey, Password
from paramiko.pkey import UnknownKeyType
from paramiko.sftp import CMD_CLOSE, CMD_HANDLE, CMD_NAME, CMD_OPENDIR, CMD_READDIR, SFTPError

from orchestration.contracts.location import SftpLocation
from orchestration.landing.sources import UnreachableServer
from orchestration.settings import Settings

#: what ends a connection; ValueError: paramiko takes all that servers say for UTF-8
BROKEN = (OSError, EOFError, ValueError, paramiko.SSHException, SFTPError)

_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")
_KNOWN_HOSTS_OF_ALL = Path("/etc/ssh/ssh_known_hosts")

# what went wrong is told in words below; paramiko prints a trace of its own where nobody listens
logging.getLogger("paramiko").addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Login:
    """A host as the contract and `~/.ssh/config` name it, and what is shown there."""

    host: str
    port: int
    user: str
    keys: tuple[Path, ...]
    password: str | None


def login(settings: Settings, place: SftpLocation) -> Login:
    """How a location is logged in to; the contract's words count before those of `~/.ssh/config`.

    Raises NetrcParseError.
    """
    path = settings.ssh / "config"
    config = paramiko.SSHConfig.from_path(str(path)).lookup(place.host) if path.is_file() else {}
    found = netrc.netrc(str(settings.netrc)).authenticators(place.host) if settings.netrc.is_file() else None
    known, _, password = found or (None, None, None)
    user = place.user or config.get("user") or known or getpass.getuser()
    named = [Path(key) for key in config.get("identityfile", [])]
    return Login(
        host=config.get("hostname", place.host.strip("[]")),
        port=place.port or int(config.get("port", paramiko.config.SSH_PORT)),
        user=user,
        keys=tuple(key for key in named or [settings.ssh / key for key in _KEYS] if key.is_file()),
        password=password if user == known else None,
    )


def connect(settings: Settings, place: SftpLocation) -> KnownHostFiles:
    """The files of a server. Raises UnreachableServer."""
    known_hosts = settings.ssh / "known_hosts"
    try:
        way_in = login(settings, place)
        return KnownHostFiles(
            way_in.host,
            login=way_in,
            known_hosts=[str(path) for path in (known_hosts, _KNOWN_HOSTS_OF_ALL) if path.is_file()],
            timeout=settings.server_timeout,
            skip_instance_cache=True,
        )
    except _UnknownHost as error:
        keyscan = f"ssh-keyscan -p {place.port or 22} {place.host} >> {known_hosts}"
        problem = f"its key ({error}) is not known; compare it with the partner's, then `{keyscan}`"
    except paramiko.BadHostKeyException:
        problem = (
            f"it shows another key than {known_hosts} holds, and is not trusted; "
            "ask the partner whether the key changed, then correct the file"
        )
    except paramiko.AuthenticationException:
        keys = ", ".join(str(key) for key in way_in.keys) or f"no key in {settings.ssh}"
        shown = f"the agent's keys, {keys}, {'a' if way_in.password else 'no'} password in {settings.netrc}"
        problem = (
            f"it does not let in {way_in.user} ({shown}); correct the user in `location`, or add a key or password"
        )
    except netrc.NetrcParseError as error:
        problem = f"{settings.netrc} line {error.lineno} cannot be read ({error.msg}); correct it"
    except BROKEN as error:
        told = str(error) or type(error).__name__
        problem = f"it cannot be reached ({told}); check `location`, and that the server is up"
    raise UnreachableServer(f"{place.address}: {problem}")


@dataclass(frozen=True)
class RemoteEntry:
    """What a folder of a server holds under one name."""

    name: str
    attributes: paramiko.SFTPAttributes

    def is_dir(self) -> bool:
        """Whether it is a folder; a link is none."""
        return stat.S_ISDIR(self.attributes.st_mode or 0)

    def is_file(self) -> bool:
        """Whether it is a regular file, or a link to whatever."""
        return stat.S_ISREG(self.attributes.st_mode or 0) or self.is_symlink()

    def is_symlink(self) -> bool:
        """Whether it is a link."""
        return stat.S_ISLNK(self.attributes.st_mode or 0)


class KnownHostFiles(SFTPFileSystem):  # type: ignore[misc]  # neither fsspec nor paramiko has types
    """fsspec's files of a server, which would take any host key."""

    ftp: Client

    def _connect(self) -> None:
        way_in: Login = self.ssh_kwargs["login"]
        timeout: float = self.ssh_kwargs["timeout"]
        self.client = paramiko.SSHClient()
        self.client.set_missing_host_key_policy(_Refuse())
        for path in self.ssh_kwargs["known_hosts"]:
            self.client.load_system_host_keys(path)
        try:
            self.client.connect(
                way_in.host,
                way_in.port,
                auth_strategy=_Shown(way_in),
                timeout=timeout,
                auth_timeout=timeout,
                channel_timeout=timeout,
            )
            self.ftp = self._opened()
        except BaseException:
            self.client.close()
            raise

    def another(self) -> Client | None:
        """One more channel of the connection; None where the server grants no more."""
        try:
            return self._opened()
        except paramiko.SSHException:
            return None

    def _opened(self) -> Client:
        client: Client = Client.from_transport(self.client.get_transport())
        client.get_channel().settimeout(self.ssh_kwargs["timeout"])
        return client


class Client(paramiko.SFTPClient):  # type: ignore[misc]
    """A channel. Lists folders whose names are not all UTF-8: one of them must not keep the others out."""

    def entries(self, folder: str) -> Iterator[RemoteEntry]:
        """What a folder holds."""
        kind, answer = self._request(CMD_OPENDIR, folder)
        if kind != CMD_HANDLE:
            raise SFTPError("no handle of the folder")
        handle = answer.get_string()
        try:
            while True:
                kind, answer = self._request(CMD_READDIR, handle)
                if kind != CMD_NAME:
                    raise SFTPError("no names")
                for _ in range(answer.get_int()):
                    name = answer.get_string().decode(errors="surrogateescape")
                    long_name = answer.get_string().decode(errors="replace")
                    entry = RemoteEntry(name, paramiko.SFTPAttributes._from_msg(answer, name, long_name))
                    if name not in (".", ".."):
                        yield entry
        except EOFError:  # the protocol's way to say that all names were told
            self._request(CMD_CLOSE, handle)


class _Shown(AuthStrategy):  # type: ignore[misc]
    """Keys of the agent, then of files, then the password; a key that cannot be read is passed over."""

    def __init__(self, way_in: Login) -> None:
        super().__init__(paramiko.SSHConfig())
        self._login = way_in

    def get_sources(self) -> Iterator[InMemoryPrivateKey | Password]:
        for key in paramiko.Agent().get_keys():
            yield InMemoryPrivateKey(self._login.user, key)
        for path in self._login.keys:
            try:
                yield InMemoryPrivateKey(self._login.user, paramiko.PKey.from_path(path))
            except (OSError, TypeError, ValueError, paramiko.SSHException, UnknownKeyType):
                continue  # with a passphrase, it is the agent's to hold
        if self._login.password is not None:
            yield Password(self._login.user, lambda: self._login.password)


class _UnknownHost(paramiko.SSHException):  # type: ignore[misc]
    """The host's key is not among the known ones; the text is its fingerprint."""


class _Refuse(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]
    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
        raise _UnknownHost(f"{key.get_name()} SHA256:{digest}")

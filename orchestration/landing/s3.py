"""Files in S3, or in a store that speaks as it does. Credentials come from where AWS's own tools take them.

Belongs here: listing, reading, and what errors mean. Does not belong here: which files are new (`look`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiobotocore.session import AioSession
from aiohttp import ClientError
from botocore.exceptions import (
    BotoCoreError,
    ConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)
from botocore.loaders import create_loader
from s3fs import S3FileSystem
from s3fs.utils import FileExpired

from orchestration.landing.globs import Glob, literal_start
from orchestration.landing.sources import FileIsChanging, Listed, Source, UnreachableServer, UnreadableServer
from orchestration.settings import Settings

_BLOCK = 8 << 20
_CHUNK = 1 << 20
_ATTEMPTS = 2
#: the description of AWS's services, which takes longer to read than a bucket; credentials are looked up each time
_MODELS = create_loader()
_NO_CREDENTIALS = (NoCredentialsError, PartialCredentialsError, ProfileNotFound)
_CREDENTIALS = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the role of this machine"


class S3:
    """A store as a source; names are `bucket/key`."""

    def __init__(self, files: S3FileSystem, endpoint: str | None) -> None:
        self._files = files
        self._endpoint = endpoint or "AWS"

    def listed(self, pattern: str, problems: list[str]) -> Iterator[Listed]:
        """Objects whose key matches."""
        bucket, key = pattern.split("/", 1)
        glob = Glob(pattern)
        start = literal_start(key)
        # below one folder, keys of folders within it need not be listed
        request = {"Prefix": start} | ({} if "/" in key[len(start) :] or glob.is_deep else {"Delimiter": "/"})
        token: dict[str, str] = {}
        while True:
            with self._in_words(bucket):
                page = self._files.call_s3("list_objects_v2", Bucket=bucket, **request, **token)
            for found in page.get("Contents", []):
                if glob.selects(f"{bucket}/{found['Key']}"):
                    yield _listed(bucket, found)
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def state(self, name: str) -> Listed:
        """An object as it is listed now: other requests tell its time less exactly. Raises FileNotFoundError."""
        bucket, key = name.split("/", 1)
        with self._in_words(bucket):
            page = self._files.call_s3("list_objects_v2", Bucket=bucket, Prefix=key, MaxKeys=1)
        for found in page.get("Contents", []):
            if found["Key"] == key:
                return _listed(bucket, found)
        raise FileNotFoundError(f"{name} has left the bucket")

    def chunks(self, file: Listed) -> Iterator[bytes]:
        """The bytes of an object, all of one version."""
        bucket = file.name.split("/", 1)[0]
        try:
            with (
                self._in_words(bucket, file.name),
                self._files.open(file.name, "rb", block_size=_BLOCK, cache_type="readahead") as stream,
            ):
                while chunk := stream.read(_CHUNK):
                    yield chunk
        except FileExpired:
            raise FileIsChanging(f"{file.name} is still being written") from None

    def path(self, file: Listed) -> Path | None:
        """None: objects are elsewhere."""
        return None

    @contextmanager
    def _in_words(self, bucket: str, name: str | None = None) -> Iterator[None]:
        """Say what went wrong: with one object (`name`), as an OSError; with the store, as UnreadableServer."""
        place = f"s3://{bucket} at {self._endpoint}"
        try:
            yield
        except FileExpired:
            raise
        except FileNotFoundError:
            if name:
                raise FileNotFoundError(f"{name} has left the bucket") from None
            raise UnreadableServer(f"{place}: no such bucket; correct `location` or `endpointUrl`") from None
        except PermissionError as error:
            if name:
                raise PermissionError(f"{name} may not be read ({error}); ask for s3:GetObject") from None
            cure = f"ask for s3:ListBucket, or check {_CREDENTIALS}"
            raise UnreadableServer(f"{place} may not be listed ({error}); {cure}") from None
        except _NO_CREDENTIALS as error:
            raise UnreachableServer(f"{place}: {error}; set {_CREDENTIALS}") from None
        except (ConnectionError, HTTPClientError, ClientError, TimeoutError) as error:
            cure = "check `endpointUrl`, and that the server is up"
            raise UnreachableServer(f"{place} cannot be reached ({error}); {cure}") from None
        except (BotoCoreError, OSError, ValueError) as error:
            raise UnreadableServer(f"{place} cannot be read ({error}); check `location` and `endpointUrl`") from None


@contextmanager
def open_s3(settings: Settings, endpoint: str | None) -> Iterator[Source]:
    """A store; nothing is asked of it yet."""
    patience: dict[str, Any] = {
        "connect_timeout": settings.server_timeout,
        "read_timeout": settings.server_timeout,
        "retries": {"total_max_attempts": _ATTEMPTS, "mode": "standard"},
    }
    session = AioSession()
    session.register_component("data_loader", _MODELS)
    files = S3FileSystem(
        endpoint_url=endpoint,
        config_kwargs=patience,
        session=session,
        use_listings_cache=False,
        skip_instance_cache=True,
    )
    files.retries = 1  # botocore tries again itself
    yield S3(files, endpoint)


def _listed(bucket: str, found: dict[str, Any]) -> Listed:
    modified = found["LastModified"]
    return Listed(
        f"{bucket}/{found['Key']}", found["Size"], int(modified.timestamp()) * 10**9 + modified.microsecond * 1000
    )

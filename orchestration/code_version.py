"""The version of the code that made a release: a fingerprint of everything that decides its content."""

from __future__ import annotations

import hashlib
from functools import cache

from orchestration.settings import CHECKOUT

_DECIDES = (
    "orchestration/**/*.py",
    "orchestration/**/*.yml",
    "dbt_project/**/*.sql",
    "dbt_project/**/*.yml",
    "expectations/*.json",
)
_BUILT = ("dbt_project/target/", "dbt_project/logs/")


@cache
def code_version() -> str:
    """Hash over code, models and suites: equal for equal code, wherever it is checked out."""
    digest = hashlib.sha256()
    files = {path for pattern in _DECIDES for path in CHECKOUT.glob(pattern)}
    for path in sorted(files):
        name = path.relative_to(CHECKOUT).as_posix()
        if not name.startswith(_BUILT):
            digest.update(f"{name}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]

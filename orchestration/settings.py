"""Where a run finds its contracts and keeps its home, and the few switches that a deployment sets.

Belongs here: paths below the home and settings from the environment. Nothing is read or made on import.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

CHECKOUT = Path(__file__).resolve().parent.parent
DBT_PROJECT = CHECKOUT / "dbt_project"
EXPECTATIONS = CHECKOUT / "expectations"


class Settings(BaseSettings):
    """Settings of one home, from `SELLTRACE_*` variables or the command line."""

    model_config = SettingsConfigDict(env_prefix="SELLTRACE_", frozen=True)

    home: Path = CHECKOUT / "home"
    contracts: Path = CHECKOUT / "contracts"
    currency: str = Field("EUR", pattern="^[A-Z]{3}$", description="reporting currency, ISO 4217")
    keep_releases: int = Field(10, ge=1, description="releases kept; those written aside are counted apart")
    keep_minutes: float = Field(
        60, ge=0, description="minutes that a release stays after it was current, for readers that work on it"
    )
    engine: Literal["duckdb", "spark"] = Field("duckdb", description="engine that builds the models")
    memory: str = Field(
        "6GB",
        pattern=r"^[1-9][0-9]*(\.[0-9]+)?[MGT]i?B$",
        description="memory that the engine takes before it spills to disk",
    )
    postgres: SecretStr | None = Field(None, description="URI of a PostgreSQL database that releases are loaded into")
    postgres_schema: str = Field(
        "selltrace", pattern="^[a-z_][a-z0-9_]*$", description="schema that they are loaded into"
    )
    server_timeout: float = Field(10, gt=0, description="seconds that a server of feeds may stay silent")
    look_every: int = Field(
        5,
        ge=1,
        description="seconds between looks at the landing zone; what two in a row find alike is taken in",
    )
    files_at_once: int = Field(4, ge=1, le=64, description="files of a server that are read at once")
    ssh: Path = Field(
        default_factory=lambda: Path.home() / ".ssh", description="keys, `config` and `known_hosts` for SFTP"
    )
    netrc: Path = Field(default_factory=lambda: Path.home() / ".netrc", description="passwords for SFTP, by host")
    archive_bytes: int = Field(4 << 30, ge=1, description="bytes that an archive may unpack to")
    archive_ratio: int = Field(200, ge=1, description="bytes that a byte of an archive may unpack to")
    archive_members: int = Field(10_000, ge=1, description="files that an archive may hold")

    @field_validator("postgres")
    @classmethod
    def _is_postgres_uri(cls, value: SecretStr | None) -> SecretStr | None:
        """Refuse what the driver would quote, password and all, in its own complaint."""
        if value and not re.fullmatch(r"postgres(ql)?://([^%\s]|%[0-9a-fA-F]{2})*", value.get_secret_value()):
            raise ValueError("must be a URI, postgresql://user:password@host:port/database, special characters as %XX")
        return value

    @property
    def landing(self) -> Path:
        """Files as partners sent them."""
        return self.home / "landing"

    @property
    def lake(self) -> Path:
        """What selltrace keeps of every delivery: bytes, lines, ledger."""
        return self.home / "lake"

    @property
    def control(self) -> Path:
        """Small tables that tell dbt what a run works on."""
        return self.lake / "control"

    @property
    def carried(self) -> Path:
        """Lines of held slices, as the current release published them."""
        return self.lake / "carried"

    @property
    def checked_contracts(self) -> Path:
        """What checking the contracts found, for the next process; made again where it is not there."""
        return self.home / "contracts.checked"

    @property
    def warehouse(self) -> Path:
        """The working DuckDB file; written by one run at a time."""
        return self.home / "warehouse.duckdb"

    @property
    def counted(self) -> Path:
        """What was counted of the published tables, for the next release; made again where it is not there."""
        return self.home / "counted.parquet"

    @property
    def releases(self) -> Path:
        """Published releases, one folder each, and `current`."""
        return self.home / "releases"

    @property
    def current(self) -> Path:
        """The symbolic link to the release that readers use."""
        return self.releases / "current"

    @property
    def dagster_home(self) -> Path:
        """State of Dagster, shared by command line and UI."""
        return self.home / "dagster"

    @property
    def lock(self) -> Path:
        """The file whose lock keeps two writing runs apart."""
        return self.home / "selltrace.lock"

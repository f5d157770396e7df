"""Settings and contracts as a command sees them: from its options and the environment, or a clear end."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from orchestration.commands.console import fail
from orchestration.contracts.load import require_contracts
from orchestration.contracts.model import Contract
from orchestration.contracts.problems import ContractError
from orchestration.settings import Settings

_STATE: dict[str, Settings] = {}


def configure(home: Path | None, contracts: Path | None) -> Settings:
    """Take up the global options; what is not given comes from the environment, then from the defaults."""
    # steps that run in this process, and what they start, work on the same home
    for name, path in (("SELLTRACE_HOME", home), ("SELLTRACE_CONTRACTS", contracts)):
        if path is not None or name in os.environ:
            os.environ[name] = str((path or Path(os.environ[name])).resolve())
    try:
        _STATE["settings"] = Settings()
    except ValidationError as error:
        fail("\n".join(_told(str(one["loc"][0]), one["msg"]) for one in error.errors()))
    return _STATE["settings"]


def _told(name: str, problem: str) -> str:
    """What is wrong with a setting, and what would be right; the value is not told, it may hold a password."""
    field = Settings.model_fields[name]
    right = f". Write the {field.description}" if field.description else ""
    example = f", such as {field.default}" if right and field.default is not None else ""
    return f"SELLTRACE_{name.upper()}: {problem}{right}{example}"


def settings() -> Settings:
    """The settings of this call."""
    return _STATE["settings"]


def contracts() -> tuple[Contract, ...]:
    """The contracts, or an end that lists every mistake in them."""
    try:
        return require_contracts(settings().contracts, settings().checked_contracts)
    except ContractError as error:
        fail(str(error))

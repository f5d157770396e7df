"""Loading the contracts of a folder: every file, every mistake, at once.

Belongs here: finding the files, rules across files, and the functions that other stages call.
Does not belong here: rules within a file (`check`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from orchestration.contracts.check import check_contract
from orchestration.contracts.document import Document, read_document
from orchestration.contracts.model import Contract
from orchestration.contracts.problems import ContractError, Problem, Report

__all__ = ["ContractError", "Loaded", "Problem", "contracts_hash", "load_contracts", "require_contracts"]

SUFFIX = ".odcs.yaml"


@dataclass(frozen=True)
class Loaded:
    """What a folder holds: the contracts without errors, by id, and the problems of all files, by file and line."""

    contracts: tuple[Contract, ...]
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that keep a contract from being used."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


@dataclass
class _File:
    path: Path
    document: Document
    report: Report

    @property
    def contract_id(self) -> str | None:
        given = (self.document.data or {}).get("id")
        return given if isinstance(given, str) else None


def load_contracts(folder: Path) -> Loaded:
    """Read and check all contracts below a folder, of every status; an absent folder holds none. Never raises."""
    files = [_read(path) for path in sorted(folder.rglob(f"*{SUFFIX}")) if path.is_file()]
    _report_repeated_ids(files)
    contracts = [check_contract(file.path, file.document, file.report) for file in files]
    return Loaded(
        contracts=tuple(sorted((contract for contract in contracts if contract), key=lambda contract: contract.id)),
        problems=tuple(problem for file in files for problem in file.report.problems) + _misnamed(folder),
    )


def require_contracts(folder: Path) -> tuple[Contract, ...]:
    """Return all contracts below a folder; raises ContractError if one has an error or if there is none."""
    loaded = load_contracts(folder)
    if loaded.errors:
        raise ContractError(loaded.errors)
    if not loaded.contracts:
        message = "the folder holds no contract" if folder.is_dir() else "there is no such folder"
        cure = f"Write one (`*{SUFFIX}`), draft one with `selltrace contract new SAMPLE`, or name another folder"
        raise ContractError([Problem(folder, 0, message, f"{cure} with --contracts or SELLTRACE_CONTRACTS")])
    return loaded.contracts


def contracts_hash(contracts: Iterable[Contract]) -> str:
    """Return a fingerprint of all that the contracts say, whatever their order and wherever their files stand."""
    said = [
        contract.model_dump(mode="json", exclude={"file"})
        for contract in sorted(contracts, key=lambda contract: contract.id)
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _read(path: Path) -> _File:
    document = read_document(path)
    report = Report(path, document)
    report.adopt(document.mistakes)
    return _File(path, document, report)


def _report_repeated_ids(files: list[_File]) -> None:
    by_id: dict[str, list[_File]] = {}
    for file in files:
        if file.contract_id is not None:
            by_id.setdefault(file.contract_id, []).append(file)
    for contract_id, sharing in by_id.items():
        for file in sharing if len(sharing) > 1 else ():
            others = ", ".join(f"{other.path}:{other.document.line(('id',))}" for other in sharing if other is not file)
            file.report.error(("id",), f"the id `{contract_id}` is also that of {others}", "Give each contract its own")


def _misnamed(folder: Path) -> tuple[Problem, ...]:
    return tuple(
        Problem(path, 0, "the file is not read", f"Name it {path.name.removesuffix('.yml')}.yaml", "warning")
        for path in sorted(folder.rglob("*.odcs.yml"))
    )

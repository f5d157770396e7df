"""Loading the contracts of a folder: every file, every mistake, at once.

Belongs here: finding the files, rules across files, and the functions that other stages call.
Does not belong here: rules within a file (`check`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.contracts.cache import Checked, CheckedBefore
from orchestration.contracts.check import check_contract
from orchestration.contracts.document import Document, document_of, read_document
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
    """A file of the folder: its document, or what checking its bytes found before."""

    path: Path
    raw: bytes
    document: Document
    report: Report
    before: Checked | None = None

    @property
    def contract_id(self) -> str | None:
        if self.before:
            return self.before.contract.id
        given = (self.document.data or {}).get("id")
        return given if isinstance(given, str) else None


def load_contracts(folder: Path, cache: Path | None = None) -> Loaded:
    """Read and check all contracts below a folder, of every status; an absent folder holds none. Never raises.

    `cache`: a file that keeps for the next process what was checked; the answer is the same without it.
    """
    known = CheckedBefore(cache)
    files = [_look_up(path, known) for path in sorted(folder.rglob(f"*{SUFFIX}")) if path.is_file()]
    _report_repeated_ids(files)
    checked = [file.before or _check(file, known) for file in files]
    known.write()
    problems = [problem for file, one in zip(files, checked, strict=True) for problem in _problems(file, one)]
    return Loaded(
        contracts=tuple(sorted((one.contract for one in checked if one), key=lambda contract: contract.id)),
        problems=(*problems, *_misnamed(folder)),
    )


def require_contracts(folder: Path, cache: Path | None = None) -> tuple[Contract, ...]:
    """Return all contracts below a folder; raises ContractError if one has an error or if there is none.

    `cache`: as of `load_contracts`.
    """
    loaded = load_contracts(folder, cache)
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


def _look_up(path: Path, known: CheckedBefore) -> _File:
    try:
        raw = path.read_bytes()
    except OSError:
        return _read(path, b"", read_document(path))
    before = known.find(path, raw)
    return _File(path, raw, Document(), Report(path, Document()), before) if before else _parse(path, raw)


def _parse(path: Path, raw: bytes) -> _File:
    return _read(path, raw, document_of(raw))


def _read(path: Path, raw: bytes, document: Document) -> _File:
    report = Report(path, document)
    report.adopt(document.mistakes)
    return _File(path, raw, document, report)


def _check(file: _File, known: CheckedBefore) -> Checked | None:
    contract = check_contract(file.path, file.document, file.report)
    if contract is None:
        return None
    checked = Checked(contract, tuple(file.report.problems))
    known.keep(file.raw, checked)
    return checked


def _problems(file: _File, checked: Checked | None) -> Sequence[Problem]:
    return checked.warnings if checked else file.report.problems


def _report_repeated_ids(files: list[_File]) -> None:
    """Report ids that several files use; each of these is read anew, for the line that it stands on."""
    by_id: dict[str, list[int]] = {}
    for place, file in enumerate(files):
        if file.contract_id is not None:
            by_id.setdefault(file.contract_id, []).append(place)
    for contract_id, places in by_id.items():
        if len(places) == 1:
            continue
        for place in places:
            files[place] = _parse(files[place].path, files[place].raw) if files[place].before else files[place]
        sharing = [files[place] for place in places]
        for file in sharing:
            others = ", ".join(f"{other.path}:{other.document.line(('id',))}" for other in sharing if other is not file)
            file.report.error(("id",), f"the id `{contract_id}` is also that of {others}", "Give each contract its own")


def _misnamed(folder: Path) -> tuple[Problem, ...]:
    return tuple(
        Problem(path, 0, "the file is not read", f"Name it {path.name.removesuffix('.yml')}.yaml", "warning")
        for path in sorted(folder.rglob("*.odcs.yml"))
    )

"""Find the files of a feed on its server and record each as a delivery.

Belongs here: when a file was received, what identifies a delivery, and that recording can be killed and done again.
Does not belong here: which files wait (`look`), their bytes (`take`), what is in them (`ingest`).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from orchestration.contracts.model import Contract
from orchestration.landing.ahead import taken_in_order
from orchestration.landing.archives import is_archive
from orchestration.landing.ledger import Opened, Received, record_opened, record_received
from orchestration.landing.look import landing_rule, look_at
from orchestration.landing.names import FROM_FILENAME, moment_in_name
from orchestration.landing.sources import FileIsChanging, Listed, UnreadableServer, open_source
from orchestration.landing.store import keep, work_folder
from orchestration.landing.take import Taken
from orchestration.settings import Settings

#: earlier than any of our feeds, and what clocks and archives fall back to
_FIRST_BELIEVED = datetime(1980, 1, 2, tzinfo=UTC)
#: how far another machine's clock may be ahead
_AHEAD = timedelta(days=1)


@dataclass(frozen=True)
class Landed:
    """What one look at a feed's server found."""

    new: list[Received] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def land(settings: Settings, contract: Contract) -> Landed:
    """Record every file of the feed that is not recorded yet, and keep its bytes.

    A file that cannot be read now is named in `problems`, and keeps no other out; so is a server.
    """
    landed = Landed()
    try:
        with open_source(settings, contract.server) as source, work_folder(settings) as work:
            look = look_at(settings, contract, source)
            landed.problems.extend(look.problems)
            recorder = _Recorder(settings, contract, look.known)
            with closing(taken_in_order(settings, contract, source, look.waiting, work)) as readings:
                for file, reading in readings:
                    try:
                        landed.new.extend(recorder.record(*reading.result()))
                    except FileNotFoundError:
                        landed.problems.append(f"{file.name}: the file left while it was read")
                    except PermissionError:
                        landed.problems.append(f"{file.name}: the file may not be read; let selltrace read it")
                    except (FileIsChanging, OSError) as problem:
                        landed.problems.append(f"{file.name}: {problem}")
            landed.problems.extend(recorder.remarks)
    except UnreadableServer as problem:
        landed.problems.append(f"{contract.file}: {problem}")
    return landed


class _Recorder:
    """Records the files of one look; what the feed received before decides how."""

    def __init__(self, settings: Settings, contract: Contract, known: Sequence[Received]) -> None:
        self._settings = settings
        self._contract = contract
        self._now = datetime.now(UTC)
        self._rule = landing_rule(settings, contract)
        self._known: dict[str, list[Received]] = defaultdict(list)
        for entry in known:
            self._known[entry.file_name].append(entry)
        self.remarks: list[str] = []

    def record(self, file: Listed, found: Sequence[Taken]) -> Iterator[Received]:
        """Record the deliveries that were found in a file. Raises OSError."""
        modified, remark = modified_moment(file.modified_ns, self._now)
        if remark:
            self.remarks.append(f"{file.name}: {remark}")
        for taken in found:
            entry = self._entry(file, taken, modified)
            if taken.archive and self._is_unchanged(entry):
                continue
            keep(self._settings, taken.staged)
            record_received(self._settings, entry)
            yield entry
        if is_archive(file.name):
            # last, so that an archive whose recording was cut short is opened again
            opened = Opened(contract_id=self._contract.id, rule=self._rule, file_name=file.name, size=file.size,
                            modified_ns=file.modified_ns)  # fmt: skip
            record_opened(self._settings, opened)

    def _entry(self, file: Listed, taken: Taken, modified: datetime) -> Received:
        received_at, problem = received_moment(self._contract, _stating_names(taken), modified)
        sha256 = taken.staged.sha256
        before = [entry for entry in self._known[taken.name] if entry.problem is None]
        same = [entry for entry in before if entry.sha256 == sha256]
        if same and self._contract.received_at:
            received_at = same[0].received_at
        elif before and not same:
            # what overwrote a file came when it did so, whatever its name states; else neither would be the later
            received_at = modified
        problem = taken.problem or problem
        return Received(
            delivery_id=delivery_id(self._contract.id, taken.name, received_at, sha256),
            contract_id=self._contract.id,
            file_name=taken.name,
            size=taken.staged.size,
            modified_ns=file.modified_ns,
            sha256=sha256,
            received_at=received_at,
            archive=taken.archive,
            problem=problem,
            rule=self._rule if problem else None,
        )

    def _is_unchanged(self, entry: Received) -> bool:
        """Whether a member is what its archive held when it was last opened: an archive may grow by the day."""
        last = self._known[entry.file_name][-1:]
        return any((one.sha256, one.problem) == (entry.sha256, entry.problem) for one in last)


def _stating_names(taken: Taken) -> list[str]:
    """Names, without folders, that may state the moment of receipt: a member's, then its archive's."""
    names = [taken.name, taken.archive] if taken.archive else [taken.name]
    return [name.rsplit("/", 1)[-1] for name in names]


def modified_moment(modified_ns: int, now: datetime) -> tuple[datetime, str | None]:
    """When a file was last changed (UTC); `now`, and a remark, where its clock cannot be believed."""
    first, last = _FIRST_BELIEVED.timestamp() * 1e9, (now + _AHEAD).timestamp() * 1e9
    if first <= modified_ns <= last:
        return datetime.fromtimestamp(modified_ns / 1e9, UTC), None
    which = "before 1980" if modified_ns < first else "in the future"
    return now, f"it was last changed {which} by the clock of its server, and is taken as received now"


def received_moment(contract: Contract, file_names: Sequence[str], modified: datetime) -> tuple[datetime, str | None]:
    """When a file was received (UTC), and what is wrong with its name if the contract reads the moment from it."""
    pattern = contract.received_at or "modified"
    if not pattern.startswith(FROM_FILENAME):
        return modified, None
    for name in file_names:
        if local := moment_in_name(pattern.removeprefix(FROM_FILENAME), name):
            return local.replace(tzinfo=ZoneInfo(contract.timezone)).astimezone(UTC), None
    return modified, (
        f"the name {file_names[0]} does not follow receivedAt {pattern}; rename the file or correct the contract"
    )


def delivery_id(contract_id: str, file_name: str, received_at: datetime, sha256: str) -> str:
    """Identity of a delivery: contract, file name, moment of receipt and bytes."""
    text = "\n".join((contract_id, file_name, received_at.astimezone(UTC).isoformat(), sha256))
    return hashlib.sha256(text.encode()).hexdigest()[:20]

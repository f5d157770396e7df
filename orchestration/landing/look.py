"""Which files of a feed wait to be recorded: what its server lists, less what was recorded as it is listed.

Belongs here: that difference, asked alike by landing and by those who decide whether a run is due.
Does not belong here: reading files (`take`), recording them (`land`).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from orchestration.contracts.model import Contract
from orchestration.landing.ledger import Received, opened_of, received_of
from orchestration.landing.names import name_problem
from orchestration.landing.sources import Listed, Source, pattern_of
from orchestration.settings import Settings


@dataclass(frozen=True)
class Look:
    """What one look at a feed's server found: files to take up, what is known already, problems in words."""

    waiting: list[Listed]
    known: list[Received]
    problems: list[str]


def look_at(settings: Settings, contract: Contract, source: Source) -> Look:
    """List the files of a feed. Raises UnreadableServer."""
    problems: list[str] = []
    known = received_of(settings, contract.id)
    rule = landing_rule(settings, contract)
    seen = {
        Listed(entry.file_name, entry.size, entry.modified_ns)
        for entry in known
        if entry.problem is None or entry.rule == rule
    }
    seen |= {
        Listed(one.file_name, one.size, one.modified_ns) for one in opened_of(settings, contract.id) if one.rule == rule
    }
    waiting = []
    for file in source.listed(pattern_of(contract.server), problems):
        if file in seen:
            continue
        if wrong := name_problem(file.name):
            problems.append(wrong)
        else:
            waiting.append(file)
    return Look(sorted(waiting), known, problems)


def landing_rule(settings: Settings, contract: Contract) -> str:
    """Fingerprint of what decides which deliveries a file makes, beside the file itself.

    What was refused is looked at again when it changes, and so are archives.
    """
    parts = (
        contract.received_at,
        contract.timezone,
        contract.server.member,
        settings.archive_bytes,
        settings.archive_ratio,
        settings.archive_members,
    )
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]

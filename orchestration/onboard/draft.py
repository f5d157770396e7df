"""The text of a draft contract: every guess with its evidence in a comment beside it.

Belongs here: YAML. Does not belong here: guessing (`guess`), looking at samples (`look`).
"""

from __future__ import annotations

from pathlib import Path

import yaml

from orchestration.contracts.kinds import AMOUNT, DATE, FLAG, KINDS, RATE, SALES_KINDS, UNITS, WHOLE
from orchestration.onboard.guess import Guess, guess_columns, guess_key, guess_period
from orchestration.onboard.look import look
from orchestration.onboard.sample import NoDraft, Sample

_LOGICAL = {DATE: "date", UNITS: "number", AMOUNT: "number", RATE: "number", WHOLE: "integer", FLAG: "boolean"}


def draft(sample: Path, partner: str, kind: str) -> str:
    """The text of a draft contract for a sample of any format. Raises NoDraft with the reason."""
    if kind not in KINDS:
        raise NoDraft(f"unknown kind {kind}; write one of {', '.join(KINDS)}")
    seen = look(sample, kind)
    guesses = guess_columns(kind, seen)
    key, evidence = guess_key(kind, seen, guesses)
    lines = [
        *_head(sample, partner, kind, seen),
        *_schema(kind, seen, guesses, key),
        *_rest(partner, kind, seen, guesses, key, evidence),
    ]
    return "\n".join(lines) + "\n"


def _yaml(value: object) -> str:
    """A value as it stands within braces, where commas and brackets need quotes."""
    return yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=10_000).strip()[1:-1]


def _head(sample: Path, partner: str, kind: str, seen: Sample) -> list[str]:
    lines = [
        f"# A draft made from {sample.name}: read every guess, then write `status: active`.",
        "apiVersion: v3.1.0",
        "kind: DataContract",
        f"id: {partner}.{kind}",
        "version: 0.1.0",
        "status: draft",
        "servers:",
        "  - server: landing",
        "    type: local",
        f"    path: {_yaml(f'{partner}/{kind}/*{sample.suffix}')}",
        f"    format: {seen.format}",
    ]
    lines += [f"    # {' '.join(remark.split())}" for remark in seen.remarks]
    if seen.encoding:
        lines.append(f"    encoding: {seen.encoding}")
    if seen.words:
        lines.append("    customProperties:")
    for word in seen.words:
        lines += [f"      # {word.evidence}", f"      - {{property: {word.word}, value: {_yaml(word.value)}}}"]
    return lines


def _schema(kind: str, seen: Sample, guesses: list[Guess], key: tuple[str, ...]) -> list[str]:
    lines = ["schema:", f"  - name: {kind}", "    properties:"]
    for guess in guesses:
        column = KINDS[kind].columns[guess.name]
        words = f"name: {guess.name}, physicalName: {_yaml(guess.physical_name)}"
        words += f", logicalType: {_LOGICAL.get(column.type, 'string')}"
        if guess.date_format:
            words += f", logicalTypeOptions: {{format: {guess.date_format}}}"
        words += ", required: true" if column.required else ""
        words += ", primaryKey: true" if guess.name in key else ""
        lines += [f"      # {guess.evidence}", f"      - {{{words}}}"]
    mapped, used = {guess.name for guess in guesses}, {guess.physical_name for guess in guesses}
    lines += [
        f"      # needed and not found: {name} ({KINDS[kind].columns[name].description}); map it or give it a default"
        for name in KINDS[kind].required
        if name not in mapped
    ]
    return lines + [
        f"      # not mapped: {theirs}{_example(seen, theirs)}" for theirs in seen.columns if theirs not in used
    ]


def _example(seen: Sample, column: str) -> str:
    values = seen.values(column)
    return f", such as {' '.join(values[0].split())[:40]}" if values else ", always blank"


def _rest(
    partner: str, kind: str, seen: Sample, guesses: list[Guess], key: tuple[str, ...], evidence: str
) -> list[str]:
    lines = ["customProperties:"]
    if kind in SALES_KINDS:
        lines.append(f"  - {{property: partner, value: {_yaml(partner)}}}")
        mode = "keyed" if key else "append"
    else:
        mode, evidence = "snapshot", "master data: a delivery replaces all that the feed ever said"
    lines += [f"  # {evidence}", f"  - {{property: delivery, value: {mode}}}"]
    if period := guess_period(kind, seen, guesses):
        lines += [f"  # {period[1]}", f"  - {{property: period, value: {period[0]}}}"]
    if kind in SALES_KINDS:
        lines.append(
            "  # promised how often? write slaProperties frequency and latency, and startsOn here: gaps are seen then"
        )
    return lines

"""The messages that are read, and which of them a contract is about.

Belongs here: the list.
Does not belong here: what a message gives (`edifact.sell_out`, `edifact.stock`, `edifact.sell_in`).
"""

from __future__ import annotations

from typing import Final

from orchestration.contracts.model import Contract
from orchestration.ingest.edifact.message import Message
from orchestration.ingest.edifact.sell_in import INVOIC
from orchestration.ingest.edifact.sell_out import SLSRPT
from orchestration.ingest.edifact.stock import INVRPT
from orchestration.ingest.relation import Unreadable

_MESSAGES: Final = (SLSRPT, INVRPT, INVOIC)


def message_of(contract: Contract) -> Message:
    """The message that the contract is about. Raises Unreadable where none fills its kind."""
    wanted = contract.server.message
    for message in _MESSAGES:
        if contract.kind_name == message.kind and wanted in (None, message.name):
            return message
    known = ", ".join(f"{message.name} ({message.kind})" for message in _MESSAGES)
    said = f"message {wanted}" if wanted else "EDIFACT"
    reason = f"{said} gives no {contract.kind_name}; correct `message` in the contract to one of {known}"
    raise Unreadable("message", reason)

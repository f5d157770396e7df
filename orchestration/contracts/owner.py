"""Who answers for a feed: a name or an address, for messages.

Belongs here: choosing it from what the standard offers (team, support).
Does not belong here: sending messages (`automation`).
"""

from __future__ import annotations

from typing import Any


def read_owner(data: dict[str, Any]) -> str | None:
    """Return the team member whose role is owner, else the first one, else the team, else the support channel."""
    team = data.get("team")
    members = team if isinstance(team, list) else (team or {}).get("members") or []
    owners = [member for member in members if str(member.get("role", "")).lower() == "owner"]
    for member in owners or members[:1]:
        return str(member.get("name") or member["username"])
    if isinstance(team, dict) and team.get("name"):
        return str(team["name"])
    channels = data.get("support") or []
    return str(channels[0]["channel"]) if channels else None

"""Which rows of a published table a question names.

Belongs here: the condition, and its parameters. Does not belong here: what is asked of the rows.
"""

from __future__ import annotations

from collections.abc import Mapping

from orchestration.publish.sql import name
from orchestration.publish.tables import Table


def key_condition(table: Table, where: Mapping[str, str]) -> tuple[str, list[str]]:
    """That every `where` column has its value ('' is null), as SQL, and the parameters of that; `true` without any."""
    conditions = [
        f"{name(key)} = cast(? as {table.columns[key]})" if value else f"{name(key)} is null"
        for key, value in where.items()
    ]
    return " and ".join(conditions) or "true", [value for value in where.values() if value]

"""How often the reconciliation names the cause that was planted: confusion matrix, precision and recall.

Belongs here: counting. Does not belong here: what was planted (`truth_stock`), or naming causes (dbt).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

#: an interval, as both the truth and the published table name it
INTERVAL: Final = ("partner_id", "location_id", "product_id", "opening_date", "closing_date")


def judged(planted: Sequence[Mapping[str, Any]], found: pd.DataFrame) -> pd.DataFrame:
    """One row an interval whose causes were planted: causes, is_mixed, the named cause, the candidates kept beside it.

    `found`: rows of `reconciliation` with dates as text and `candidates` (a list of causes).
    """
    truth = pd.DataFrame(planted)
    truth = truth.loc[truth["causes"].notna(), [*INTERVAL, "causes", "is_mixed"]]
    return truth.merge(found[[*INTERVAL, "cause", "candidates"]], on=list(INTERVAL), validate="one_to_one")


def confusion(rows: pd.DataFrame) -> pd.DataFrame:
    """Intervals by planted cause (rows) and named cause (columns), of intervals with one cause."""
    single = rows.loc[~rows["is_mixed"]]
    return pd.crosstab(single["causes"].str[0].rename("planted"), single["cause"].rename("named"))


def scores(matrix: pd.DataFrame) -> pd.DataFrame:
    """Precision and recall of each cause of a confusion matrix; null where a cause never occurs, or is never named."""
    causes = sorted({*matrix.index, *matrix.columns})
    square = matrix.reindex(index=causes, columns=causes, fill_value=0)
    right = pd.Series([square.loc[cause, cause] for cause in causes], index=causes)
    planted, named = square.sum(axis=1), square.sum()
    return pd.DataFrame({
        "planted": planted, "named": named, "precision": right / named.where(named > 0),
        "recall": right / planted.where(planted > 0),
    })  # fmt: skip


def mixed_scores(rows: pd.DataFrame) -> dict[str, float]:
    """Of intervals in which several causes meet: how many, how often one of them is named, how often all are kept."""
    mixed = rows.loc[rows["is_mixed"]]
    named = [row.cause in row.causes for row in mixed.itertuples()]
    kept = [set(row.causes) <= {row.cause, *row.candidates} for row in mixed.itertuples()]
    count = len(mixed)
    return {"intervals": count, "one is named": sum(named) / count, "all are kept": sum(kept) / count}

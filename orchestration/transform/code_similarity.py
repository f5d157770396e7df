"""Which known codes a code that nobody knows is nearest to, by the edits that turn one into the other.

Belongs here: comparable spellings, edit distances, what a check digit rules out. Does not belong here: labels, and
what is suggested in the end (`suggestions`).

Similarity = 1 - edits / characters of the longer code, zeros in front not counted, for at most two edits. An edit is a
character added, left out or mistyped, or two neighbours swapped.
GTINs are compared as 14 digits. Two that both have a right check digit are two articles, however alike, unless only the
packaging level differs: of all slips of the hand only some swaps leave the check digit right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

#: edits from which on codes are not compared
_FAR: Final = 3
#: pairs compared at a time, one byte each
_PAIRS_AT_ONCE: Final = 20_000_000
_CHECK_WEIGHTS: Final = np.array([3, 1] * 7)
_PLACES: Final = 10 ** np.arange(11, -1, -1, dtype=np.int64)

#: `n` is the place of the unknown code
NEAREST: Final = pa.schema({"n": pa.int64(), "product_id": pa.string(), "code_similarity": pa.float64()})


@dataclass(frozen=True)
class _Codes:
    """Comparable codes; `articles`: the 12 digits of a GTIN between packaging level and right check digit, else -1."""

    texts: list[str]
    lengths: npt.NDArray[np.int64]
    articles: npt.NDArray[np.int64]

    def take(self, places: npt.NDArray[np.int64]) -> _Codes:
        return _Codes([self.texts[place] for place in places], self.lengths[places], self.articles[places])


def nearest_products(unknown: pa.Table, known: pa.Table) -> pa.Table:
    """The products whose codes are nearest to each unknown code, all of them where several are as near.

    `unknown`: n, partner_id, code. `known`: partner_id (null: all partners), code, product_id. Gives `NEAREST`, one row
    an unknown code and product.
    """
    unknown_codes, known_codes = _comparable(unknown), _comparable(known)
    products = known["product_id"].to_numpy(zero_copy_only=False)
    rows, columns, similarities = [], [], []
    for sent, theirs in _by_partner(unknown, known):
        usable = known_codes.take(theirs)
        step = max(1, _PAIRS_AT_ONCE // len(theirs))
        for start in range(0, len(sent), step):
            some = sent[start : start + step]
            nearest = _nearest(unknown_codes.take(some), usable)
            rows.append(some[nearest[0]])
            columns.append(theirs[nearest[1]])
            similarities.append(nearest[2])
    if not rows:
        return NEAREST.empty_table()
    found = pa.table(
        [
            unknown["n"].to_numpy()[np.concatenate(rows)],
            pa.array(products[np.concatenate(columns)], pa.string()),
            np.concatenate(similarities),
        ],
        schema=NEAREST,
    )
    # a product may be as near by several of its codes
    return found.group_by(["n", "product_id"]).aggregate([("code_similarity", "max")]).rename_columns(NEAREST.names)


def _comparable(table: pa.Table) -> _Codes:
    with duckdb.connect() as connection:
        connection.register("codes", table.select(["code"]).append_column("place", pa.array(range(len(table)))))
        rows: pa.Table = connection.sql(
            r"""
            select
                case when regexp_full_match(bare, '[0-9]{8,14}') then lpad(bare, 14, '0') else bare end as text,
                length(ltrim(bare, '0')) as length,
                regexp_full_match(bare, '[0-9]{8,14}') as is_gtin
            from (
                select place, upper(regexp_replace(left(code, 64), '[\s\p{Z}-]', '', 'g')) as bare
                from codes
            ) as bare_codes
            order by place
            """
        ).to_arrow_table()
    texts: list[str] = rows["text"].to_pylist()
    articles = np.full(len(texts), -1, dtype=np.int64)
    gtins = np.flatnonzero(rows["is_gtin"].to_numpy())
    if len(gtins):
        together = "".join(texts[place] for place in gtins).encode()
        digits = np.frombuffer(together, dtype=np.uint8).reshape(-1, 14).astype(np.int64) - ord("0")
        right = (digits @ _CHECK_WEIGHTS) % 10 == 0
        articles[gtins[right]] = digits[right, 1:13] @ _PLACES
    return _Codes(texts, rows["length"].to_numpy(), articles)


def _by_partner(unknown: pa.Table, known: pa.Table) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Places of a partner's unknown codes, and of the known ones that it may use."""
    senders = unknown["partner_id"].to_numpy(zero_copy_only=False)
    users = known["partner_id"].to_numpy(zero_copy_only=False)
    is_shared = known["partner_id"].is_null().to_numpy()
    for partner in sorted(set(senders)):
        theirs = np.flatnonzero(is_shared | (users == partner))
        if len(theirs):
            yield np.flatnonzero(senders == partner), theirs


def _nearest(
    unknown: _Codes, known: _Codes
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    distances = cdist(
        unknown.texts, known.texts, scorer=OSA.distance, score_cutoff=_FAR - 1, dtype=np.uint8, workers=-1
    )
    articles, known_articles = unknown.articles[:, None], known.articles[None, :]
    distances[(articles >= 0) & (known_articles >= 0) & (articles != known_articles) & (distances > 1)] = _FAR
    least = distances.min(axis=1)
    rows, columns = np.nonzero((distances == least[:, None]) & (least < _FAR)[:, None])
    longer = np.maximum(np.maximum(unknown.lengths[rows], known.lengths[columns]), 1)
    return rows, columns, 1 - distances[rows, columns] / longer

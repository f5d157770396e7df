"""How near the label of an unknown code is to the names of products.

Belongs here: words, their weights, the shortlist of names worth comparing. Does not belong here: codes, and what is
suggested in the end (`suggestions`).

Similarity = 3/4 x share of the label's words that the name has, rare words weighing more, + 1/4 x token-set ratio of
both. A word is letters or digits, without accents and case, told by its first four characters, so that what is cut off
or bent ("hydrat.", "hydratants") is the same word. Names compared with a label are those that share its rarest words:
comparing all would take minutes.
"""

from __future__ import annotations

from typing import Final

import duckdb
import pyarrow as pa
from rapidfuzz.fuzz import token_set_ratio
from rapidfuzz.process import cpdist

#: names compared with a label
SHORTLIST: Final = 20
#: words of more names than this, and than one name in so many, find nothing
_COMMON: Final = 200
_COMMON_ONE_IN: Final = 50

_WORDS: Final = r"regexp_extract_all(lower(strip_accents(left({}, 200))), '[\p{{L}}]+|[0-9]+')"
#: whole numbers: their sums do not depend on the order of rows
_WEIGHT: Final = "cast(round(1000 * (1 + ln(greatest(1, (select count(*) from names)) / {}))) as bigint)"
_STEMS: Final = "unnest(list_distinct(list_transform(words, lambda word: left(word, 4))))"


def prepare_names(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the words of `products` (product_id, product_name) ready, once for all labels."""
    connection.execute(
        f"""
        create temp table names as
        select product_id, {_WORDS.format("product_name")} as words from products;
        create temp table name_stems as
        select product_id, {_STEMS} as stem from names;
        create temp table stems as
        select stem, count(*) as products, {_WEIGHT.format("count(*)")} as weight
        from name_stems
        group by stem
        """
    )


def prepare_labels(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the words of `unknown` (n, label) ready.

    A word that no name has weighs half as much as the rarest: it names another product, or is an abbreviation.
    """
    connection.execute(
        f"""
        create or replace temp table labels as
        select n, {_WORDS.format("label")} as words from unknown where label is not null;
        create or replace temp table label_stems as
        select n, stem, coalesce(products, 0) as products, coalesce(weight, {_WEIGHT.format("1")} // 2) as weight
        from (select n, {_STEMS} as stem from labels) as met
        left join stems using (stem)
        """
    )


def shortlist(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """For each label the product ids worth comparing: n, product_id."""
    found: pa.Table = connection.sql(
        f"""
        select n, product_id
        from label_stems
        inner join name_stems using (stem)
        where products <= greatest({_COMMON}, (select count(*) from names) / {_COMMON_ONE_IN})
        group by n, product_id
        qualify row_number() over (partition by n order by sum(weight) desc, product_id) <= {SHORTLIST}
        """
    ).to_arrow_table()
    return found


def label_similarities(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Similarity of the pairs in `pairs` (n, product_id) that have a label: n, product_id, label_similarity."""
    pairs: pa.Table = connection.sql(
        """
        with shared as (
            select pairs.n, pairs.product_id, sum(label_stems.weight) as weight
            from pairs
            inner join label_stems on pairs.n = label_stems.n
            semi join name_stems
                on pairs.product_id = name_stems.product_id and label_stems.stem = name_stems.stem
            group by pairs.n, pairs.product_id
        ),

        whole as (select n, sum(weight) as weight from label_stems group by n)

        select
            n,
            product_id,
            shared.weight / whole.weight as share,
            array_to_string(labels.words, ' ') as label,
            array_to_string(names.words, ' ') as name
        from shared
        inner join whole using (n)
        inner join labels using (n)
        inner join names using (product_id)
        order by n, product_id
        """
    ).to_arrow_table()
    ratios = cpdist(pairs["label"].to_pylist(), pairs["name"].to_pylist(), scorer=token_set_ratio, workers=-1)
    similarity = 0.75 * pairs["share"].to_numpy() + 0.25 * ratios / 100
    return pairs.select(["n", "product_id"]).append_column("label_similarity", pa.array(similarity, pa.float64()))

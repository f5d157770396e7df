"""The product that an unmatched code most likely means: shown to a person, never applied.

Belongs here: what is compared, how the two similarities become one suggestion, and the Parquet that dbt reads. Does not
belong here: the similarities themselves (`code_similarity`, `label_similarity`).

Score = the higher of code similarity and label similarity, 0 to 1, suggested from 0.75. Where several products' codes
are as near, the code says nothing and the label alone scores. Of equal scores the one wins whose other similarity is
higher, then the lower product id.
"""

from __future__ import annotations

from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.files import written_aside
from orchestration.settings import Settings
from orchestration.transform.code_similarity import nearest_products
from orchestration.transform.label_similarity import (
    SHORTLIST,
    label_similarities,
    prepare_labels,
    prepare_names,
    shortlist,
)

#: below it, a suggestion misleads more often than it helps (measured on the labels of 20,000 medicines)
THRESHOLD: Final = 0.75
#: codes that get a suggestion: those that most lines wait for
_MOST_CODES: Final = 20_000
_CODES_AT_ONCE: Final = 2_000

SCHEMA: Final = pa.schema(
    {
        "partner_id": pa.string(),
        "code": pa.string(),
        "suggested_product_id": pa.string(),
        "suggestion_score": pa.float64(),
    }
)

_UNKNOWN: Final = f"""
    select partner_id, code, label from quality.unknown_codes
    where code_type = 'product'
    order by lines desc, partner_id, code
    limit {_MOST_CODES}
"""
_KNOWN: Final = """
    select distinct partner_id, code, product_id from staging.stg_known_codes
    where spelling <> 'zeros_eaten'
    order by all
"""
_PRODUCTS: Final = "select product_id, product_name from staging.stg_products order by all"

_BEST: Final = f"""
    with scored as (
        select
            n,
            product_id,
            coalesce(code_similarity, 0) as code_similarity,
            coalesce(label_similarity, 0) as label_similarity,
            count(code_similarity) over (partition by n) > 1 as is_tied
        from pairs
        left join nearest using (n, product_id)
        left join labelled using (n, product_id)
    ),

    judged as (
        select *, round(greatest(case when is_tied then 0 else code_similarity end, label_similarity), 4) as score
        from scored
    )

    select unknown.partner_id, unknown.code, judged.product_id, judged.score
    from judged
    inner join unknown using (n)
    where judged.score >= {THRESHOLD}
    qualify row_number() over (
        partition by n
        order by judged.score desc, round(judged.code_similarity + judged.label_similarity, 4) desc, judged.product_id
    ) = 1
"""


def write_suggestions(settings: Settings) -> int:
    """Write `lake/control/code_suggestions.parquet` from the warehouse, whole or not at all; the suggestions made."""
    with duckdb.connect(str(settings.warehouse), read_only=True) as warehouse:
        unknown, known, products = (warehouse.sql(query).to_arrow_table() for query in (_UNKNOWN, _KNOWN, _PRODUCTS))
    suggestions = suggest(unknown, known, products)
    with written_aside(settings.control / "code_suggestions.parquet") as aside:
        pq.write_table(suggestions, aside)
    return len(suggestions)


def suggest(unknown: pa.Table, known: pa.Table, products: pa.Table) -> pa.Table:
    """The best suggestion for each unknown code that has one, in the columns of `SCHEMA`, by partner and code.

    `unknown`: partner_id, code, label. `known`: partner_id (null: all), code, product_id. `products`: product_id,
    product_name.
    """
    found = [SCHEMA.empty_table()]
    numbered = unknown.append_column("n", pa.array(range(len(unknown)), pa.int64()))
    with duckdb.connect() as connection:
        connection.register("products", products)
        prepare_names(connection)
        for start in range(0, len(numbered), _CODES_AT_ONCE):
            some = numbered.slice(start, _CODES_AT_ONCE)
            found.append(_suggest_some(connection, some, nearest_products(some, known)))
    return pa.concat_tables(found).sort_by([("partner_id", "ascending"), ("code", "ascending")])


def _suggest_some(connection: duckdb.DuckDBPyConnection, unknown: pa.Table, nearest: pa.Table) -> pa.Table:
    connection.register("unknown", unknown)
    connection.register("as_near", nearest)
    # codes as near as those of more products than a person would look through tell nothing
    connection.execute(
        "create or replace temp table nearest as "
        f"select * from as_near qualify count(*) over (partition by n) <= {SHORTLIST}"
    )
    prepare_labels(connection)
    connection.register("named", shortlist(connection))
    connection.execute(
        "create or replace temp table pairs as select n, product_id from nearest union select n, product_id from named"
    )
    connection.register("labelled", label_similarities(connection))
    best: pa.Table = connection.sql(_BEST).to_arrow_table()
    return best.rename_columns(SCHEMA.names).cast(SCHEMA)

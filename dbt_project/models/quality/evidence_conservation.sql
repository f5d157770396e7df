with ledger as (
    select
        ledger.*,
        accepted + duplicate + superseded + unmatched + out_of_scope + quarantined as lines_classified
    from {{ ref('delivery_ledger') }} as ledger
),

repeated_keys as (
    {%- for kind in sales_kinds() %}
    select
        '{{ kind }}' as kind,
        cast(coalesce(sum(lines), 0) as bigint) as duplicate_keys
    from {{ ref('repeated_lines') }}
    where kind = '{{ kind }}'
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    partner_id,
    kind,
    period_start,
    period_end,
    owner,
    contract_id,
    delivery_id,
    lines_read,
    lines_classified,
    lines_read - lines_classified as unaccounted_lines,
    cast(0 as bigint) as duplicate_keys
from ledger
union all
select
    cast(null as {{ dbt.type_string() }}) as partner_id,
    kind,
    cast(null as date) as period_start,
    cast(null as date) as period_end,
    cast(null as {{ dbt.type_string() }}) as owner,
    cast(null as {{ dbt.type_string() }}) as contract_id,
    cast(null as {{ dbt.type_string() }}) as delivery_id,
    cast(0 as bigint) as lines_read,
    cast(0 as bigint) as lines_classified,
    cast(0 as bigint) as unaccounted_lines,
    duplicate_keys
from repeated_keys

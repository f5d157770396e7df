{%- set days = {'sell_in': 'document_date', 'sell_out': 'period_start', 'stock': 'snapshot_date'} -%}

with feeds_of_undated_keys as (
    select distinct contract_id
    from {{ ref('stg_deliveries') }}
    where not has_dated_keys
),

over_weeks as (
    {%- for kind, day in days.items() %}
    select feed_contract_id as contract_id, line_key
    from ({{ delivered_lines(kind, [day], feeds='feeds_of_undated_keys') }}) as {{ kind }}_lines
    where line_key is not null
    group by feed_contract_id, line_key
    having {{ week_start('min(' ~ day ~ ')') }} <> {{ week_start('max(' ~ day ~ ')') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    contract_id,
    count(*) as keys
from over_weeks
group by contract_id

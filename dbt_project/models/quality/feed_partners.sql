with spoken_of as (
{%- for kind in sales_kinds() %}
    select distinct lines.contract_id, lines.partner_id
    from {{ ref('stg_' ~ kind) }} as lines
    inner join {{ ref('stg_contracts') }} as contracts
        on lines.contract_id = contracts.contract_id
    where contracts.partner_id is null and lines.line_class = 'accepted'
    {{ 'union all' if not loop.last }}
{%- endfor %}
)

select
    contract_id,
    kind,
    partner_id,
    coverage = 'complete' as is_complete,
    false as is_shared_feed
from {{ ref('stg_contracts') }}
where partner_id is not null and kind in ('sell_in', 'sell_out', 'stock')
union all
select
    spoken_of.contract_id,
    contracts.kind,
    spoken_of.partner_id,
    contracts.coverage = 'complete' as is_complete,
    true as is_shared_feed
from spoken_of
inner join {{ ref('stg_contracts') }} as contracts
    on spoken_of.contract_id = contracts.contract_id

{#- Fewer lines than this repeat by chance. -#}
{%- set fewest_lines = 5 -%}

with days as (
    select
        lines.contract_id,
        lines.partner_id,
        lines.period_start as day,
        count(*) as lines,
        sum(lines.units) as units,
        coalesce(sum(lines.amount), 0) as amount,
        sum({{ row_hash(['lines.product_code', 'lines.location_code', 'lines.units', 'lines.amount']) }})
            as lines_hash
    from {{ ref('stg_sell_out') }} as lines
    inner join {{ ref('stg_contracts') }} as contracts
        on lines.contract_id = contracts.contract_id
    where
        contracts.delivery_mode = 'append'
        and lines.line_class = 'accepted'
        and not lines.is_deleted
    group by lines.contract_id, lines.partner_id, lines.period_start
    having count(*) >= {{ fewest_lines }}
),

alike as (
    select
        days.*,
        min(day) over (partition by contract_id, partner_id, lines, units, amount, lines_hash) as first_day
    from days
)

select
    contract_id,
    partner_id,
    day,
    first_day as repeats_day,
    lines,
    cast(units as decimal(38, 4)) as units
from alike
where day > first_day

{{ config(
    contract={'enforced': false}, meta={'reach': {'int_lines_over_weeks': [0, longest_spread_weeks()]}}
) }}

{%- set columns = [
    'partner_id', 'location_id', 'product_id', 'period_start', 'period_end', 'units', 'amount', 'currency', 'amount_reporting',
] | join(', ') -%}
{#- by themselves: what lies within its week is news to no other -#}
{%- set lines -%}
(
    select {{ columns }}, case when amount is not null then units end as priced_units
    from (
        select {{ columns }}
        from {{ ref('fct_sell_out') }}
        where period_end < {{ add_days('week_start', 7) }}
        union all
        select {{ columns }}
        from {{ ref('int_lines_over_weeks') }}
    ) as told
) as lines
{%- endset %}

with spread as (
    {{ spread_over_weeks(
        lines,
        ['partner_id', 'location_id', 'product_id', 'currency'],
        [('units', 'decimal(18, 4)'), ('amount', 'decimal(18, 6)'),
         ('amount_reporting', 'decimal(18, 6)'), ('priced_units', 'decimal(18, 4)')]
    ) }}
)

select
    partner_id,
    location_id,
    product_id,
    week_start,
    cast(sum(units) as decimal(18, 4)) as units,
    -- amounts in several currencies do not add up
    case when min(currency) = max(currency) or max(currency) is null then cast(sum(amount) as decimal(18, 6)) end
        as amount,
    case when count(*) = count(amount_reporting) then cast(sum(amount_reporting) as decimal(18, 6)) end
        as amount_reporting,
    cast(sum(priced_units) as decimal(18, 4)) as priced_units,
    min(currency) as first_currency,
    max(currency) as last_currency,
    max(case when is_spread then 1 else 0 end) = 1 as is_spread
from spread
group by partner_id, location_id, product_id, week_start

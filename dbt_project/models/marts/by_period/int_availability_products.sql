{{ config(contract={'enforced': false}) }}

with weekly as (
    select
        partner_id,
        location_id,
        product_id,
        week_start,
        {{ period_of_week('month', 'week_start') }} as month_start,
        known_days,
        out_of_stock_days,
        lost_sales_units,
        case when lost_sales_units is null then out_of_stock_days else 0 end as out_of_stock_days_without_loss,
        {%- for part, of_row in completeness_parts().items() %}
        {{ of_row }} as {{ part }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('availability_location_weekly') }}
),

monthly as (
    select
        partner_id,
        location_id,
        product_id,
        month_start,
        {{ summed_availability() }}
    from weekly
    group by partner_id, location_id, product_id, month_start
),

quarterly as (
    select
        partner_id,
        location_id,
        product_id,
        cast({{ dbt.date_trunc('quarter', 'month_start') }} as date) as quarter_start,
        {{ summed_availability() }}
    from monthly
    group by partner_id, location_id, product_id, cast({{ dbt.date_trunc('quarter', 'month_start') }} as date)
)

-- of a week there is one row a place already
{% for period, relation, quarter in [
    ('week', 'weekly', period_of_week('quarter', 'week_start')),
    ('month', 'monthly', 'cast(' ~ dbt.date_trunc('quarter', 'month_start') ~ ' as date)'),
    ('quarter', 'quarterly', 'quarter_start'),
] %}
select
    {{ quarter }} as quarter_start,
    '{{ period }}' as period,
    {{ period }}_start as period_start,
    partner_id,
    product_id,
    sum(case when known_days > 0 then 1 else 0 end) as authorised_locations,
    sum(case when out_of_stock_days > 0 then 1 when known_days > 0 then 0 end) as out_of_stock_locations,
    {{ summed_availability() }}
from {{ relation }}
group by {{ period }}_start, {{ quarter }}, partner_id, product_id
{{ 'union all' if not loop.last }}
{%- endfor %}

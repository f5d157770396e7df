{{ config(tags=['after_marts']) }}

select
    partner_id,
    week_start,
    location_id is not null as is_located,
    sum(units) as units
from {{ ref('fct_sell_out') }}
where {{ days_between('period_start', 'period_end') }} < {{ longest_spread_days() }}
group by partner_id, week_start, location_id is not null

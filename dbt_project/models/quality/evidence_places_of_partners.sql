{{ config(tags=['after_marts']) }}

select distinct partner_id, location_id
from {{ ref('fct_sell_out') }}
where location_id is not null and {{ days_between('period_start', 'period_end') }} < {{ longest_spread_days() }}

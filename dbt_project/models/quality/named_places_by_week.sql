select
    contract_id,
    week_start,
    partner_id,
    location_id,
    max(case when line_class = 'accepted' then 1 else 0 end) = 1 as is_accepted
from {{ ref('stg_sell_out') }}
where partner_id is not null
group by contract_id, week_start, partner_id, location_id

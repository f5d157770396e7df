select
    partner_id,
    cast(null as {{ dbt.type_string() }}) as location_id,
    cast(null as {{ dbt.type_string() }}) as product_id,
    period_start,
    period_end,
    'partner' as level,
    cast(expected_units as decimal(18, 4)) as expected_units,
    contract_id
from {{ ref('absent_partners') }}
union all
select
    partner_id,
    location_id,
    cast(null as {{ dbt.type_string() }}) as product_id,
    period_start,
    period_end,
    'location' as level,
    cast(expected_units as decimal(18, 4)) as expected_units,
    contract_id
from {{ ref('absent_places') }}
union all
select
    partner_id,
    location_id,
    product_id,
    period_start,
    period_end,
    'product' as level,
    cast(coalesce(trailing_total, 0) / nullif(trailing_periods, 0) as decimal(18, 4)) as expected_units,
    contract_id
from {{ ref('product_gaps') }}

with listed as (
    select
        location_id, partner_id, location_code, location_name, region, opened_on, closed_on, postal_code
    from {{ ref('stg_locations') }}
)

select * from listed
union all
-- carried lines may name a location that the list has since dropped
select
    location_id, partner_id, location_code, location_name, region, opened_on, closed_on, postal_code
from {{ source('carried', 'dim_locations') }}
where location_id not in (select location_id from listed)

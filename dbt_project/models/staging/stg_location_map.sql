with candidates as (
    select partner_id, location_code as code, location_id, 1 as preference
    from {{ ref('stg_locations') }}
    where location_code is not null
    union all
    select partner_id, location_id as code, location_id, 2 as preference
    from {{ ref('stg_locations') }}
),

ranked as (
    select
        candidates.*,
        row_number() over (partition by partner_id, code order by preference, location_id) as place
    from candidates
)

select
    partner_id,
    code as location_code,
    location_id
from ranked
where place = 1

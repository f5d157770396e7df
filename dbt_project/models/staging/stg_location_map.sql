with known as (
    select partner_id, location_code as code, location_id, 1 as preference
    from {{ ref('stg_locations') }}
    where location_code is not null
    union all
    select partner_id, location_id as code, location_id, 2 as preference
    from {{ ref('stg_locations') }}
),

ranked as (
    select
        known.*,
        row_number() over (partition by partner_id, code order by preference, location_id) as place
    from known
),

exact as (
    select partner_id, code as location_code, location_id
    from ranked
    where place = 1
),

unknown as (
    select
        met.partner_id,
        met.location_code,
        {{ digits_left('met.location_code') }} as digits
    from {{ ref('stg_partner_location_codes') }} as met
    left join exact
        on met.partner_id = exact.partner_id and met.location_code = exact.location_code
    where exact.location_id is null
),

repaired as (
    select unknown.partner_id, unknown.location_code, min(known.location_id) as location_id
    from unknown
    inner join known
        on unknown.partner_id = known.partner_id and unknown.digits = {{ digits_left('known.code') }}
    group by unknown.partner_id, unknown.location_code
    -- a repair that could mean two locations would be a guess
    having min(known.location_id) = max(known.location_id)
)

select partner_id, location_code, location_id, false as is_repaired
from exact
union all
select partner_id, location_code, location_id, true as is_repaired
from repaired

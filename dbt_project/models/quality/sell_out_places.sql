with feeds as (
    select *
    from {{ ref('feed_cadence') }}
    where kind = 'sell_out' and is_expected
),

named as (
    select
        places.contract_id,
        places.partner_id,
        places.location_id
    from {{ ref('named_places') }} as places
    inner join feeds
        on places.contract_id = feeds.contract_id
    union
    -- a feed that knows no locations reports for its partner as a whole, also in a delivery without lines
    select
        contract_id,
        partner_id,
        cast(null as {{ dbt.type_string() }}) as location_id
    from feeds
    where partner_id is not null and not has_location
)

select
    named.contract_id,
    named.partner_id,
    named.location_id,
    cast(row_number() over (
        order by named.contract_id, named.partner_id, named.location_id nulls last
    ) as integer) as place_number,
    (named.location_id is null and not feeds.has_location) or only_places.location_id is not null
        as is_in_every_delivery,
    locations.opened_on,
    locations.closed_on
from named
inner join feeds
    on named.contract_id = feeds.contract_id
left join {{ ref('stg_only_places') }} as only_places
    on named.contract_id = only_places.contract_id and named.location_id = only_places.location_id
left join {{ ref('stg_locations') }} as locations
    on named.location_id = locations.location_id and named.partner_id = locations.partner_id

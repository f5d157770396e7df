-- a line whose place cannot be told may be of any that its feed speaks of
with lines_of_places as (
    select
        lines.*,
        places.place_number,
        true as is_place_named
    from {{ ref('unread_lines') }} as lines
    inner join {{ ref('sell_out_places') }} as places
        on
            lines.contract_id = places.contract_id
            and lines.partner_id = places.partner_id
            and lines.location_id = places.location_id
    where lines.has_location
    union all
    select
        lines.*,
        places.place_number,
        places.location_id is null as is_place_named
    from {{ ref('unread_lines') }} as lines
    inner join {{ ref('sell_out_places') }} as places
        on
            lines.contract_id = places.contract_id
            and lines.partner_id = places.partner_id
            and lines.has_location = (places.location_id is not null)
    where lines.location_id is null
)

select distinct
    lines.contract_id,
    lines.place_number,
    products.product_number,
    periods.delivered_number,
    lines.product_id is not null and lines.is_place_named as is_named
from lines_of_places as lines
inner join {{ ref('sell_out_periods') }} as periods
    on
        lines.contract_id = periods.contract_id
        and lines.period_start <= periods.period_end
        and lines.period_end >= periods.period_start
left join {{ ref('sell_out_products') }} as products
    on lines.product_id = products.product_id
where lines.kind = 'sell_out' and periods.delivered_number is not null

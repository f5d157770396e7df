select
    lines.contract_id,
    places.partner_id,
    lines.product_number,
    lines.delivered_number,
    sum(lines.units) as units
from {{ ref('sell_out_by_period') }} as lines
inner join {{ ref('sell_out_places') }} as places
    on lines.place_number = places.place_number
group by lines.contract_id, places.partner_id, lines.product_number, lines.delivered_number

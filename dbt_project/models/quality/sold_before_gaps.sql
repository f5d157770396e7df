with {{ windows_of_missing_reports() }},

looked_at as (
    select
        places.contract_id,
        places.place_number,
        missing.product_number,
        windows.delivered_number
    from missing
    inner join windows
        on missing.contract_id = windows.contract_id and missing.period_start = windows.period_start
    inner join {{ ref('sell_out_places') }} as places
        on
            missing.contract_id = places.contract_id
            and missing.partner_id = places.partner_id
            and (missing.level = 'partner' or missing.place_number = places.place_number)
),

places_looked_at as (
    select distinct contract_id, place_number, delivered_number
    from looked_at
    where product_number is null
),

products_looked_at as (
    select distinct contract_id, place_number, product_number, delivered_number
    from looked_at
    where product_number is not null
)

select
    lines.contract_id,
    lines.place_number,
    lines.product_number,
    lines.delivered_number,
    lines.units
from {{ ref('sell_out_by_period') }} as lines
inner join places_looked_at as reports
    on lines.place_number = reports.place_number and lines.delivered_number = reports.delivered_number
union
select
    lines.contract_id,
    lines.place_number,
    lines.product_number,
    lines.delivered_number,
    lines.units
from {{ ref('sell_out_by_period') }} as lines
inner join products_looked_at as reports
    on
        lines.place_number = reports.place_number
        and lines.product_number = reports.product_number
        and lines.delivered_number = reports.delivered_number

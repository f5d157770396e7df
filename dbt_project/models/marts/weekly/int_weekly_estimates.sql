{{ config(contract={'enforced': false}) }}

select
    partner_id,
    location_id,
    product_id,
    week_start,
    cast(sum(units) as decimal(18, 4)) as units
from ({{ spread_over_weeks(
    ref('sell_out_estimates'),
    ['partner_id', 'location_id', 'product_id'],
    [('units', 'decimal(18, 4)')]
) }}) as spread
group by partner_id, location_id, product_id, week_start

with steps as (
    {{ trailing_steps() }}
),

places as (
    select places.*
    from {{ ref('sell_out_places') }} as places
    inner join {{ ref('feed_cadence') }} as feeds
        on places.contract_id = feeds.contract_id
    where feeds.coverage = 'partial'
),

sold as (
    select lines.*
    from {{ ref('sell_out_by_period') }} as lines
    inner join places
        on lines.place_number = places.place_number
    where lines.product_number is not null
),

followed as (
    select
        place_number,
        product_number,
        delivered_number,
        lead(delivered_number) over (
            partition by place_number, product_number
            order by delivered_number
        ) as next_number
    from sold
),

expected_by_sales as (
    select
        followed.place_number,
        followed.product_number,
        followed.delivered_number + steps.step as delivered_number
    from followed
    inner join steps
        on followed.next_number is null or followed.delivered_number + steps.step < followed.next_number
),

expected_by_stock as (
    select
        stocked.place_number,
        stocked.product_number,
        stocked.first_number + steps.step - 1 as delivered_number
    from {{ ref('stocked_products') }} as stocked
    inner join steps
        on stocked.next_number is null or stocked.first_number + steps.step - 1 < stocked.next_number
),

stocked_unsold as (
    select stocked.*
    from expected_by_stock as stocked
    left join sold
        on
            stocked.place_number = sold.place_number
            and stocked.product_number = sold.product_number
            and stocked.delivered_number = sold.delivered_number
    where sold.place_number is null
),

gaps as (
    select
        expected.place_number,
        expected.product_number,
        expected.delivered_number
    from (
        select place_number, product_number, delivered_number from expected_by_sales
        union
        select place_number, product_number, delivered_number from stocked_unsold
    ) as expected
    inner join {{ ref('place_reports') }} as reports
        on expected.place_number = reports.place_number and expected.delivered_number = reports.delivered_number
    where reports.is_reported and reports.is_judged
),

with_recent as (
    select
        place_number,
        product_number,
        delivered_number,
        is_gap,
        sum(units) over recent as trailing_total
    from (
        select place_number, product_number, delivered_number, units, false as is_gap
        from sold
        union all
        select place_number, product_number, delivered_number, cast(null as double) as units, true as is_gap
        from gaps
    ) as sold_and_gaps
    window recent as (
        partition by place_number, product_number
        order by delivered_number
        range between {{ trailing_periods() }} preceding and 1 preceding
    )
)

select
    reports.contract_id,
    reports.partner_id,
    reports.location_id,
    products.product_id,
    reports.period_start,
    reports.period_end,
    reports.trailing_periods,
    recent.trailing_total
from with_recent as recent
inner join {{ ref('place_reports') }} as reports
    on recent.place_number = reports.place_number and recent.delivered_number = reports.delivered_number
inner join {{ ref('sell_out_products') }} as products
    on recent.product_number = products.product_number
where recent.is_gap

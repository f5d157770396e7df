with steps as (
    {{ trailing_steps() }}
),

-- a complete feed leaves open only what a line says that could not be read
places as (
    select
        places.*,
        feeds.coverage = 'partial' as is_partial
    from {{ ref('sell_out_places') }} as places
    inner join {{ ref('feed_cadence') }} as feeds
        on places.contract_id = feeds.contract_id
    where feeds.coverage = 'partial' or places.place_number in (select place_number from {{ ref('unread_products') }})
),

sold as (
    select
        lines.*,
        places.is_partial
    from {{ ref('sell_out_by_period') }} as lines
    inner join places
        on lines.place_number = places.place_number
    where lines.product_number is not null
),

-- where it is asked what a place usually sells: lines that could not be read name their product, but for a few
followed as (
    select
        place_number,
        product_number,
        delivered_number,
        is_partial,
        lead(delivered_number) over (
            partition by place_number, product_number
            order by delivered_number
        ) as next_number
    from sold
    where is_partial or place_number in (select place_number from {{ ref('unread_products') }} where not is_named)
),

expected_by_sales as (
    select
        followed.place_number,
        followed.product_number,
        followed.delivered_number + steps.step as delivered_number,
        followed.is_partial
    from followed
    inner join steps
        on followed.next_number is null or followed.delivered_number + steps.step < followed.next_number
),

expected_by_lines as (
    select
        place_number,
        product_number,
        delivered_number
    from {{ ref('unread_products') }}
    where is_named
    union
    -- what a line may be of is missing where the place usually sells it
    select
        expected.place_number,
        expected.product_number,
        expected.delivered_number
    from expected_by_sales as expected
    inner join {{ ref('unread_products') }} as unread
        on
            expected.place_number = unread.place_number
            and expected.delivered_number = unread.delivered_number
            and expected.product_number = coalesce(unread.product_number, expected.product_number)
    where not expected.is_partial and not unread.is_named
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

expected_beside_sales as (
    select place_number, product_number, delivered_number from expected_by_stock
    union
    select place_number, product_number, delivered_number from expected_by_lines
),

unsold as (
    select expected.*
    from expected_beside_sales as expected
    left join sold
        on
            expected.place_number = sold.place_number
            and expected.product_number = sold.product_number
            and expected.delivered_number = sold.delivered_number
    where sold.place_number is null
),

gaps as (
    select
        expected.place_number,
        expected.product_number,
        expected.delivered_number
    from (
        select place_number, product_number, delivered_number from expected_by_sales where is_partial
        union
        select place_number, product_number, delivered_number from unsold
    ) as expected
    inner join {{ ref('place_reports') }} as reports
        on expected.place_number = reports.place_number and expected.delivered_number = reports.delivered_number
    where reports.is_reported and reports.is_judged
),

products_with_gaps as (
    select distinct place_number, product_number
    from gaps
),

with_recent as (
    select
        place_number,
        product_number,
        delivered_number,
        is_gap,
        sum(units) over recent as trailing_total
    from (
        -- of what has no gap nothing is told: gaps are few, and what was sold is not
        select sold.place_number, sold.product_number, sold.delivered_number, sold.units, false as is_gap
        from sold
        inner join products_with_gaps as told
            on sold.place_number = told.place_number and sold.product_number = told.product_number
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

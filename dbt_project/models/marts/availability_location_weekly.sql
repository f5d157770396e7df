{{ config(meta={'reach': {
    'int_weekly_sell_through': [0, trailing_weeks() - 1], 'int_weekly_stock_days': [0, trailing_weeks() - 1]
}}) }}

with warned as (
    select
        partner_id,
        week_start,
        kind,
        suite
    from {{ ref('int_weekly_warnings') }}
    where kind in ('sell_out', 'stock')
),

warnings as (
    {{ gates_that_warn('warned', ['partner_id', 'week_start']) }}
),

counted_places as (
    select partner_id, location_id from {{ ref('int_stock_open_days') }}
    union
    select partner_id, location_id from {{ ref('int_weekly_stock_days') }}
),

-- a place whose stock nobody counts in these weeks has no day that is known
counted_sales as (
    select sales.*
    from {{ ref('int_weekly_sell_through') }} as sales
    inner join counted_places
        on sales.partner_id = counted_places.partner_id and sales.location_id = counted_places.location_id
),

-- days on which every stock feed of the place spoke: what they left out was not there
whole_days as (
    select
        partner_id,
        location_id,
        week_start,
        count(*) as days
    from {{ ref('int_stock_open_days') }}
    where is_whole
    group by partner_id, location_id, week_start
),

-- a count of Monday morning may fall in a week of which nothing else is known yet
weekly as (
    select
        coalesce(sales.partner_id, counts.partner_id) as partner_id,
        coalesce(sales.location_id, counts.location_id) as location_id,
        coalesce(sales.product_id, counts.product_id) as product_id,
        coalesce(sales.week_start, counts.week_start) as week_start,
        case when sales.sell_out_status in ('reported', 'allocated') then sales.sell_out_units end as sell_out_units,
        coalesce(counts.counted_days, 0) as counted_days,
        coalesce(counts.unread_days, 0) as unread_days,
        coalesce(counts.empty_days, 0) as empty_days,
        coalesce(counts.whole_days, 0) as whole_days,
        case when sales.sell_out_units > 0 or counts.counted_days > counts.empty_days then 1 else 0 end as is_active,
        sales.completeness,
        sales.completeness_by_count,
        sales.trailing_sell_out_units,
        coalesce(sales.is_held, false) as is_held,
        sales.held_reason
    from counted_sales as sales
    full outer join {{ ref('int_weekly_stock_days') }} as counts
        on
            sales.partner_id = counts.partner_id
            and sales.location_id = counts.location_id
            and sales.product_id = counts.product_id
            and sales.week_start = counts.week_start
),

shelved as (
    select
        weekly.*,
        {{ week_number('weekly.week_start') }} as week_number,
        coalesce(whole_days.days, 0) - weekly.whole_days as absent_days
    from weekly
    inner join {{ ref('int_selling_places') }} as selling_places
        on weekly.partner_id = selling_places.partner_id and weekly.location_id = selling_places.location_id
    left join whole_days
        on
            weekly.partner_id = whole_days.partner_id
            and weekly.location_id = whole_days.location_id
            and weekly.week_start = whole_days.week_start
),

trailed as (
    select
        shelved.*,
        counted_days + absent_days as known_days,
        empty_days + absent_days as out_of_stock_days,
        max(is_active) over (
            partition by partner_id, location_id, product_id
            order by week_number
            range between {{ trailing_weeks() - 1 }} preceding and current row
        ) as is_authorised
    from shelved
),

-- a product that a location has neither stocked nor sold for as long as a trailing window is none of its range
authorised as (
    select *
    from trailed
    where
        is_authorised = 1
        and (known_days > 0 or unread_days > 0)
        and week_start >= {{ first_week_made() }}
),

siblings as (
    select
        partner_id,
        product_id,
        week_start,
        count(*) as stocked_siblings,
        sum({{ ten_thousandths('sell_out_units') }}) / (10000 * count(*)) as sibling_rate
    from authorised
    where known_days > 0 and out_of_stock_days = 0 and sell_out_units is not null
    group by partner_id, product_id, week_start
)

select
    authorised.partner_id,
    authorised.location_id,
    authorised.product_id,
    authorised.week_start,
    cast(authorised.known_days as bigint) as known_days,
    cast(authorised.out_of_stock_days as bigint) as out_of_stock_days,
    {{ share('authorised.out_of_stock_days', 'authorised.known_days') }} as out_of_stock_rate,
    cast(authorised.sell_out_units as decimal(18, 4)) as sell_out_units,
    cast(coalesce(siblings.stocked_siblings, 0) as bigint) as stocked_siblings,
    siblings.sibling_rate,
    cast(case
        when authorised.known_days = 0 then null
        when authorised.out_of_stock_days = 0 then 0
        when siblings.sibling_rate > authorised.sell_out_units then siblings.sibling_rate - authorised.sell_out_units
        when siblings.sibling_rate <= authorised.sell_out_units then 0
    end as decimal(18, 4)) as lost_sales_units,
    authorised.completeness,
    authorised.completeness_by_count,
    authorised.trailing_sell_out_units,
    authorised.is_held,
    authorised.held_reason,
    warnings.warnings
from authorised
left join siblings
    on
        authorised.partner_id = siblings.partner_id
        and authorised.product_id = siblings.product_id
        and authorised.week_start = siblings.week_start
left join warnings
    on authorised.partner_id = warnings.partner_id and authorised.week_start = warnings.week_start

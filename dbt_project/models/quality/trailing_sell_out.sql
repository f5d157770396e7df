with steps as (
    {{ trailing_steps() }}
),

missing as (
    select
        reports.*,
        row_number() over (
            order by
                reports.contract_id, reports.partner_id, reports.period_start, reports.location_id,
                reports.product_id
        ) as report_number,
        places.place_number,
        products.product_number
    from {{ ref('missing_sell_out') }} as reports
    left join {{ ref('sell_out_places') }} as places
        on
            reports.level <> 'partner'
            and reports.contract_id = places.contract_id
            and reports.partner_id = places.partner_id
            and coalesce(reports.location_id, '') = coalesce(places.location_id, '')
    left join {{ ref('sell_out_products') }} as products
        on reports.product_id = products.product_id
),

-- a day is compared with the same weekday, a longer period with those before it
periods as (
    select
        periods.contract_id,
        periods.partner_id,
        periods.period_start,
        periods.period_end,
        periods.delivered_number,
        case when feeds.unit = 'd' and feeds.every = 1
            then {{ days_between("cast('1970-01-05' as date)", 'periods.period_start') }}
            else periods.delivered_before + 1
        end as place_in_time,
        case when feeds.unit = 'd' and feeds.every = 1 then 7 else 1 end as stride
    from {{ ref('sell_out_periods') }} as periods
    inner join {{ ref('feed_cadence') }} as feeds
        on periods.contract_id = feeds.contract_id
),

windows as (
    select
        awaited.contract_id,
        awaited.period_start,
        recent.delivered_number,
        recent.period_start as recent_start,
        recent.period_end as recent_end
    from (
        select distinct periods.*
        from periods
        inner join missing
            on periods.contract_id = missing.contract_id and periods.period_start = missing.period_start
    ) as awaited
    cross join steps
    inner join periods as recent
        on
            awaited.contract_id = recent.contract_id
            and awaited.place_in_time - awaited.stride * steps.step = recent.place_in_time
    where recent.delivered_number is not null
),

partner_reports as (
    select contract_id, partner_id, delivered_number
    from {{ ref('place_reports') }}
    where is_reported
    union
    select contract_id, partner_id, delivered_number
    from periods
    where partner_id is not null and delivered_number is not null
),

reported as (
    select
        missing.report_number,
        windows.delivered_number,
        windows.recent_start,
        {{ days_between('windows.recent_start', 'windows.recent_end') }} + 1 as days
    from missing
    inner join windows
        on missing.contract_id = windows.contract_id and missing.period_start = windows.period_start
    inner join partner_reports as reports
        on
            missing.contract_id = reports.contract_id
            and missing.partner_id = reports.partner_id
            and windows.delivered_number = reports.delivered_number
    where missing.level = 'partner'
    union all
    select
        missing.report_number,
        windows.delivered_number,
        windows.recent_start,
        {{ days_between('windows.recent_start', 'windows.recent_end') }} + 1 as days
    from missing
    inner join windows
        on missing.contract_id = windows.contract_id and missing.period_start = windows.period_start
    inner join {{ ref('place_reports') }} as reports
        on
            missing.place_number = reports.place_number
            and windows.delivered_number = reports.delivered_number
    where missing.level <> 'partner' and reports.is_reported
),

absent_partners as (
    select distinct contract_id, partner_id
    from missing
    where level = 'partner'
),

sold_by_partner as (
    select
        places.contract_id,
        places.partner_id,
        lines.product_number,
        lines.delivered_number,
        sum(lines.units) as units
    from {{ ref('sell_out_by_period') }} as lines
    inner join {{ ref('sell_out_places') }} as places
        on lines.place_number = places.place_number
    inner join absent_partners as absent
        on places.contract_id = absent.contract_id and places.partner_id = absent.partner_id
    where lines.product_number is not null
    group by places.contract_id, places.partner_id, lines.product_number, lines.delivered_number
),

sold as (
    select
        missing.report_number,
        lines.product_number,
        lines.delivered_number,
        lines.units
    from missing
    inner join reported
        on missing.report_number = reported.report_number
    inner join sold_by_partner as lines
        on
            missing.contract_id = lines.contract_id
            and missing.partner_id = lines.partner_id
            and reported.delivered_number = lines.delivered_number
    where missing.level = 'partner'
    union all
    select
        missing.report_number,
        lines.product_number,
        lines.delivered_number,
        lines.units
    from missing
    inner join reported
        on missing.report_number = reported.report_number
    inner join {{ ref('sell_out_by_period') }} as lines
        on
            missing.place_number = lines.place_number
            and reported.delivered_number = lines.delivered_number
    where
        missing.level <> 'partner'
        and lines.product_number = coalesce(missing.product_number, lines.product_number)
),

-- few products are sold by a feed, and few weeks are spoken of by its missing reports
sellers as (
    select distinct
        missing.contract_id,
        sold.product_number
    from sold
    inner join missing
        on sold.report_number = missing.report_number
),

spans as (
    select contract_id, recent_start as period_start, recent_end as period_end from windows
    union
    select contract_id, period_start, period_end from missing
),

weeks as (
    select distinct week_start
    from {{ ref('seasonal_index') }}
),

weeks_of_spans as (
    select
        spans.contract_id,
        spans.period_start,
        weeks.week_start,
        {{ days_in_week('spans.period_start', 'spans.period_end', 'weeks.week_start') }} as days,
        {{ days_between('spans.period_start', 'spans.period_end') }} + 1 as days_of_period
    from spans
    inner join weeks
        on
            weeks.week_start <= spans.period_end
            and {{ add_days('weeks.week_start', 6) }} >= spans.period_start
),

seasons as (
    select
        weeks.contract_id,
        weeks.period_start,
        seasons.product_number,
        sum(seasons.season * weeks.days) / sum(weeks.days) * max(weeks.days_of_period) as season,
        max(seasons.basis) as last_basis,
        min(seasons.basis) as first_basis
    from weeks_of_spans as weeks
    inner join sellers
        on weeks.contract_id = sellers.contract_id
    inner join {{ ref('seasonal_index') }} as seasons
        on weeks.week_start = seasons.week_start and sellers.product_number = seasons.product_number
    group by weeks.contract_id, weeks.period_start, seasons.product_number
),

candidates as (
    select distinct
        report_number,
        product_number
    from sold
),

totals as (
    select
        candidates.report_number,
        candidates.product_number,
        count(*) as trailing_periods,
        sum(coalesce(lines.units, 0)) as trailing_units,
        sum(coalesce(seasons.season, reported.days)) as season_total,
        sum(coalesce(seasons.season, reported.days) * coalesce(seasons.season, reported.days)) as season_squares,
        sum(lines.units * lines.units) as units_squares,
        sum(lines.units * coalesce(seasons.season, reported.days)) as units_by_season
    from candidates
    inner join missing
        on candidates.report_number = missing.report_number
    inner join reported
        on candidates.report_number = reported.report_number
    left join seasons
        on
            missing.contract_id = seasons.contract_id
            and reported.recent_start = seasons.period_start
            and candidates.product_number = seasons.product_number
    left join sold as lines
        on
            candidates.report_number = lines.report_number
            and candidates.product_number = lines.product_number
            and reported.delivered_number = lines.delivered_number
    group by candidates.report_number, candidates.product_number
)

select
    missing.contract_id,
    missing.partner_id,
    missing.location_id,
    products.product_id,
    missing.period_start,
    missing.period_end,
    missing.level,
    totals.trailing_periods,
    totals.trailing_units,
    totals.season_total,
    totals.season_squares,
    totals.units_squares,
    totals.units_by_season,
    coalesce(seasons.season, {{ days_between('missing.period_start', 'missing.period_end') }} + 1) as season,
    case
        when seasons.first_basis = seasons.last_basis then seasons.first_basis
        when seasons.first_basis is not null then 'market'
        else 'none'
    end as seasonal_basis
from totals
inner join missing
    on totals.report_number = missing.report_number
inner join {{ ref('sell_out_products') }} as products
    on totals.product_number = products.product_number
left join seasons
    on
        missing.contract_id = seasons.contract_id
        and missing.period_start = seasons.period_start
        and totals.product_number = seasons.product_number

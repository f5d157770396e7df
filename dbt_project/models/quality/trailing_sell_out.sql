with {{ windows_of_missing_reports() }},

lengths as (
    {{ lengths_of_periods() }}
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

-- a partner some of whose places did not report sold more than it said
partner_shares as (
    select
        contract_id,
        partner_id,
        delivered_number,
        sum(case when is_reported then trailing_units end) / sum(trailing_units) as share_of_places
    from {{ ref('place_reports') }}
    where (is_reported or is_expected) and trailing_units > 0
    group by contract_id, partner_id, delivered_number
),

-- by period first: a place has as many reports as the history is long
looked_back as (
    select
        missing.report_number,
        missing.contract_id,
        missing.partner_id,
        missing.place_number,
        missing.level,
        windows.delivered_number,
        windows.recent_start,
        lengths.days
    from missing
    inner join windows
        on missing.contract_id = windows.contract_id and missing.period_start = windows.period_start
    inner join lengths
        on windows.contract_id = lengths.contract_id and windows.recent_start = lengths.period_start
),

reported as (
    select
        periods.report_number,
        periods.place_number,
        periods.delivered_number,
        periods.recent_start,
        periods.days,
        coalesce(partner_shares.share_of_places, 1) as share_of_places
    from looked_back as periods
    inner join partner_reports as reports
        on
            periods.contract_id = reports.contract_id
            and periods.partner_id = reports.partner_id
            and periods.delivered_number = reports.delivered_number
    left join partner_shares
        on
            periods.contract_id = partner_shares.contract_id
            and periods.partner_id = partner_shares.partner_id
            and periods.delivered_number = partner_shares.delivered_number
    where periods.level = 'partner'
    union all
    select
        periods.report_number,
        periods.place_number,
        periods.delivered_number,
        periods.recent_start,
        periods.days,
        1 as share_of_places
    from looked_back as periods
    inner join {{ ref('place_reports') }} as reports
        on
            periods.place_number = reports.place_number
            and periods.delivered_number = reports.delivered_number
    where periods.level <> 'partner' and reports.is_reported
),

-- before they meet lines, of which a place has as many as the history is long
reports_of_places as (
    select
        places.place_number,
        reported.report_number,
        reported.delivered_number
    from reported
    inner join missing
        on reported.report_number = missing.report_number
    inner join {{ ref('sell_out_places') }} as places
        on missing.contract_id = places.contract_id and missing.partner_id = places.partner_id
    where missing.level = 'partner'
    union all
    select
        place_number,
        report_number,
        delivered_number
    from reported
    where place_number is not null
),

sold as (
    select
        reports.report_number,
        lines.product_number,
        lines.delivered_number,
        sum(lines.units) as units
    from {{ ref('sold_before_gaps') }} as lines
    inner join reports_of_places as reports
        on lines.place_number = reports.place_number and lines.delivered_number = reports.delivered_number
    inner join missing
        on reports.report_number = missing.report_number
    where lines.product_number = coalesce(missing.product_number, lines.product_number)
    group by reports.report_number, lines.product_number, lines.delivered_number
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
    select contract_id, recent_start as period_start from windows
    union
    select contract_id, period_start from missing
),

seasons as (
    select
        weeks.contract_id,
        weeks.period_start,
        seasons.product_number,
        sum(seasons.season * weeks.days) / sum(weeks.days) * max(lengths.days) as season,
        sum(seasons.relative_variance * seasons.season * weeks.days * seasons.season * weeks.days) as season_variance,
        max(seasons.basis) as last_basis,
        min(seasons.basis) as first_basis
    from spans
    inner join {{ ref('open_days') }} as weeks
        on spans.contract_id = weeks.contract_id and spans.period_start = weeks.period_start
    inner join lengths
        on spans.contract_id = lengths.contract_id and spans.period_start = lengths.period_start
    inner join sellers
        on weeks.contract_id = sellers.contract_id
    inner join {{ ref('seasonal_index') }} as seasons
        on weeks.week_start = seasons.week_start and sellers.product_number = seasons.product_number
    group by weeks.contract_id, weeks.period_start, seasons.product_number
    having sum(weeks.days) > 0
),

candidates as (
    select distinct
        report_number,
        product_number
    from sold
),

seasons_of_windows as (
    select
        candidates.report_number,
        candidates.product_number,
        reported.delivered_number,
        reported.share_of_places * coalesce(seasons.season, reported.days) as season,
        reported.share_of_places * reported.share_of_places * coalesce(seasons.season_variance, 0) as season_variance
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
),

totals as (
    select
        windows.report_number,
        windows.product_number,
        count(*) as trailing_periods,
        sum(coalesce(lines.units, 0)) as trailing_units,
        sum(windows.season) as season_total,
        sum(windows.season * windows.season) as season_squares,
        sum(windows.season_variance) as season_variances,
        sum(lines.units * lines.units) as units_squares,
        sum(lines.units * windows.season) as units_by_season
    from seasons_of_windows as windows
    left join sold as lines
        on
            windows.report_number = lines.report_number
            and windows.product_number = lines.product_number
            and windows.delivered_number = lines.delivered_number
    group by windows.report_number, windows.product_number
    having sum(windows.season) > 0
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
    totals.season_variances,
    totals.units_squares,
    totals.units_by_season,
    coalesce(seasons.season, lengths.days) as season,
    coalesce(seasons.season_variance, 0) as season_variance,
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
inner join lengths
    on missing.contract_id = lengths.contract_id and missing.period_start = lengths.period_start
left join seasons
    on
        missing.contract_id = seasons.contract_id
        and missing.period_start = seasons.period_start
        and totals.product_number = seasons.product_number

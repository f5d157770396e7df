with undelivered as (
    select
        calendar.contract_id,
        feeds.partner_id,
        calendar.period_start,
        calendar.period_end,
        calendar.received_at is not null as is_late
    from {{ ref('delivery_calendar') }} as calendar
    inner join {{ ref('feed_partners') }} as feeds
        on calendar.contract_id = feeds.contract_id
    where calendar.kind = 'sell_out' and (calendar.received_at is null or calendar.status = 'late')
),

named_gaps as (
    select
        contract_id,
        partner_id,
        cast(null as {{ dbt.type_string() }}) as location_id,
        cast(null as {{ dbt.type_string() }}) as product_id,
        period_start,
        period_end,
        is_late,
        0 as misses
    from undelivered
    union all
    select
        contract_id,
        partner_id,
        location_id,
        product_id,
        period_start,
        period_end,
        false as is_late,
        1 as misses
    from {{ ref('missing_sell_out') }}
    union all
    -- what a report that gives way leaves untold is no report of its own to estimate
    select
        contract_id,
        partner_id,
        location_id,
        cast(null as {{ dbt.type_string() }}) as product_id,
        min(day) as period_start,
        max(day) as period_end,
        false as is_late,
        0 as misses
    from {{ ref('stg_sell_out_untold_days') }}
    group by contract_id, partner_id, location_id, {{ week_start('day') }}
),

-- a report that is waived or not due yet explains a variance too, and is not missing
gaps as (
    select
        contract_id,
        partner_id,
        location_id,
        product_id,
        period_start,
        period_end,
        is_late,
        max(misses) = 1 as is_missing
    from named_gaps
    group by contract_id, partner_id, location_id, product_id, period_start, period_end, is_late
),

scopes as (
    select distinct scope_number, partner_id, location_id
    from {{ ref('int_stock_keys') }}
),

-- a gap of one location touches its own snapshots, and those of a partner that is reconciled as a whole
scope_gaps as (
    select scopes.scope_number, gaps.*
    from gaps
    inner join scopes
        on gaps.partner_id = scopes.partner_id
    where gaps.location_id is null
    union all
    select scopes.scope_number, gaps.*
    from gaps
    inner join scopes
        on gaps.partner_id = scopes.partner_id and gaps.location_id = scopes.location_id
    union all
    select scopes.scope_number, gaps.*
    from gaps
    inner join scopes
        on gaps.partner_id = scopes.partner_id
    where gaps.location_id is not null and scopes.location_id is null
)

select distinct
    cuts.scope_number,
    cuts.cut_number,
    cuts.closing_week,
    scope_gaps.contract_id,
    scope_gaps.partner_id,
    scope_gaps.location_id,
    scope_gaps.product_id,
    scope_gaps.period_start,
    scope_gaps.period_end,
    scope_gaps.is_late,
    scope_gaps.is_missing
from scope_gaps
inner join {{ ref('int_stock_cuts') }} as cuts
    on
        scope_gaps.scope_number = cuts.scope_number
        and scope_gaps.period_start <= cuts.cut_on
        and scope_gaps.period_end > cuts.opening_on

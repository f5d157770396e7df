{{ config(contract={'enforced': false}) }}

with fact_weeks as (
    select distinct 'sell_in' as kind, partner_id, week_start from {{ ref('int_weekly_product_sell_in') }}
    union all
    select distinct 'sell_out' as kind, partner_id, week_start from {{ ref('int_weekly_product_sell_out') }}
    union all
    select distinct 'stock' as kind, partner_id, week_start from {{ ref('int_weekly_product_stock') }}
),

held as (
    select
        held.partner_id,
        held.week_start,
        max(case when held.kind = 'sell_in' and fact_weeks.kind is null then 1 else 0 end) as lacks_sell_in,
        max(case when held.kind = 'sell_out' and fact_weeks.kind is null then 1 else 0 end) as lacks_sell_out,
        max(case when held.kind = 'stock' and fact_weeks.kind is null then 1 else 0 end) as lacks_stock,
        {{ dbt.listagg("held.kind || ': ' || held.reason", "'; '", 'order by held.kind') }} as held_reason
    from {{ source('gates', 'held_slices') }} as held
    left join fact_weeks
        on
            held.kind = fact_weeks.kind
            and held.partner_id = fact_weeks.partner_id
            and held.week_start = fact_weeks.week_start
    group by held.partner_id, held.week_start
),

marked as (
    {{ gates_that_warn(ref('int_weekly_warnings'), ['partner_id', 'week_start']) }}
),

calendar_weeks as (
    select
        feeds.partner_id,
        max({{ week_start('calendar.period_end') }}) as week_start
    from {{ ref('delivery_calendar') }} as calendar
    inner join {{ ref('feed_partners') }} as feeds
        on calendar.contract_id = feeds.contract_id
    where calendar.kind in ('sell_out', 'stock') and calendar.status <> 'not_due'
    group by feeds.partner_id
),

known_weeks as (
    select partner_id, week_start from fact_weeks
    union
    select partner_id, week_start from held
),

spans as (
    select
        known_weeks.partner_id,
        min(known_weeks.week_start) as first_week_start,
        max(known_weeks.week_start) as last_known_week_start,
        max(calendar_weeks.week_start) as last_calendar_week_start
    from known_weeks
    left join calendar_weeks
        on known_weeks.partner_id = calendar_weeks.partner_id
    group by known_weeks.partner_id
),

-- partners that owe reports have a row for every week, whether or not a report came
dense_spans as (
    select
        spans.partner_id,
        spans.first_week_start,
        least(
            greatest(
                spans.last_known_week_start,
                coalesce(spans.last_calendar_week_start, spans.last_known_week_start)
            ),
            {{ week_start('build.as_of') }}
        ) as last_week_start
    from spans
    cross join {{ ref('stg_build') }} as build
    where spans.partner_id in (
        select partner_id
        from {{ ref('feed_partners') }}
        where kind in ('sell_out', 'stock')
    )
),

weeks as (
    select day as week_start
    from (
        {{ day_series(
            '(select min(first_week_start) from dense_spans)', '(select max(last_week_start) from dense_spans)'
        ) }}
    ) as days
    where day = {{ week_start('day') }}
),

partner_weeks as (
    select
        dense_spans.partner_id,
        weeks.week_start,
        true as is_dense
    from dense_spans
    inner join weeks
        on weeks.week_start between dense_spans.first_week_start and dense_spans.last_week_start
    union
    select
        known_weeks.partner_id,
        known_weeks.week_start,
        false as is_dense
    from known_weeks
),

merged as (
    select
        partner_id,
        week_start,
        max(case when is_dense then 1 else 0 end) = 1 as is_dense
    from partner_weeks
    group by partner_id, week_start
),

sharing as (
    select partner_id from {{ ref('feed_partners') }} where kind = 'sell_out'
    union
    select partner_id from fact_weeks where kind = 'sell_out'
),

-- a sell-in feed that names no partner is the brand's own and speaks of all of them
sell_in_feeds as (
    select contract_id, partner_id
    from {{ ref('stg_contracts') }}
    where kind = 'sell_in'
),

sell_in_covered as (
    select distinct merged.partner_id
    from merged
    inner join sell_in_feeds
        on coalesce(sell_in_feeds.partner_id, merged.partner_id) = merged.partner_id
),

sell_in_gaps as (
    select distinct merged.partner_id, merged.week_start
    from {{ ref('delivery_calendar') }} as calendar
    inner join sell_in_feeds
        on calendar.contract_id = sell_in_feeds.contract_id
    inner join merged
        on
            coalesce(sell_in_feeds.partner_id, merged.partner_id) = merged.partner_id
            and merged.week_start <= calendar.period_end
            and {{ add_days('merged.week_start', 6) }} >= calendar.period_start
    where calendar.received_at is null
)

select
    merged.partner_id,
    merged.week_start,
    merged.is_dense,
    sharing.partner_id is not null as shares_sell_out,
    sell_in_covered.partner_id is not null
    and sell_in_gaps.partner_id is null
    and coalesce(held.lacks_sell_in, 0) = 0 as knows_sell_in,
    coalesce(held.lacks_sell_out, 0) = 1 as lacks_sell_out,
    named.partner_id is not null as names_sell_out,
    held.partner_id is not null as is_held,
    held.held_reason,
    marked.warnings
from merged
left join sharing
    on merged.partner_id = sharing.partner_id
left join sell_in_covered
    on merged.partner_id = sell_in_covered.partner_id
left join sell_in_gaps
    on merged.partner_id = sell_in_gaps.partner_id and merged.week_start = sell_in_gaps.week_start
left join fact_weeks as named
    on
        named.kind = 'sell_out'
        and merged.partner_id = named.partner_id
        and merged.week_start = named.week_start
left join held
    on merged.partner_id = held.partner_id and merged.week_start = held.week_start
left join marked
    on merged.partner_id = marked.partner_id and merged.week_start = marked.week_start

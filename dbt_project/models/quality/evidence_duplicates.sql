with slices as (
    select
        partner_id,
        kind,
        week_start,
        sum(case when line_class = 'accepted' then absolute_units else 0 end) as units
    from {{ ref('delivery_lines') }}
    group by partner_id, kind, week_start
),

touched as (
    select distinct
        delivery_id,
        partner_id,
        kind,
        week_start
    from {{ ref('delivery_lines') }}
    where partner_id is not null
),

conflicts as (
    select
        conflicts.*,
        sum(conflict_units) over (partition by partner_id, kind, week_start) as conflict_units_of_slice
    from {{ ref('open_conflicts') }} as conflicts
),

resent_after_news as (
    select distinct resent.delivery_id
    from {{ ref('stg_delivery_periods') }} as resent
    inner join {{ ref('stg_deliveries') }} as copies
        on resent.delivery_id = copies.delivery_id
    inner join {{ ref('stg_deliveries') }} as originals
        on copies.effective_delivery_id = originals.delivery_id
    inner join {{ ref('stg_delivery_periods') }} as news
        on
            resent.contract_id = news.contract_id
            and resent.period_start = news.period_start
            and news.received_at > originals.received_at
            and news.received_at < resent.received_at
            and not news.is_resent
    where resent.is_resent
),

delivered as (
    select
        touched.*,
        0 as resent_after_news
    from touched
    union all
    select
        resent.delivery_id,
        touched.partner_id,
        touched.kind,
        touched.week_start,
        case when news.delivery_id is null then 0 else 1 end as resent_after_news
    from {{ ref('stg_deliveries') }} as resent
    inner join touched
        on resent.effective_delivery_id = touched.delivery_id
    left join resent_after_news as news
        on resent.delivery_id = news.delivery_id
    where resent.is_resent
),

repeated as (
    select
        lines.delivery_id,
        lines.partner_id,
        lines.week_start,
        count(distinct lines.period_start) as repeated_days
    from {{ ref('stg_sell_out') }} as lines
    inner join {{ ref('repeated_days') }} as days
        on
            lines.contract_id = days.contract_id
            and lines.partner_id = days.partner_id
            and lines.period_start = days.day
    where lines.line_class = 'accepted'
    group by lines.delivery_id, lines.partner_id, lines.week_start
)

select
    delivered.partner_id,
    delivered.kind,
    delivered.week_start as period_start,
    {{ add_days('delivered.week_start', 6) }} as period_end,
    ledger.owner,
    ledger.contract_id,
    delivered.delivery_id,
    case
        when coalesce(conflicts.conflict_units_of_slice, 0) = 0 then cast(0 as double)
        when slices.units = 0 then cast(1 as double)
        else cast(conflicts.conflict_units_of_slice as double) / cast(slices.units as double)
    end as conflict_units_share,
    case
        when ledger.lines_read = 0 then cast(0 as double)
        else cast(ledger.duplicate as double) / ledger.lines_read
    end as duplicate_lines_share,
    cast(coalesce(repeated.repeated_days, 0) as integer) as repeated_days,
    delivered.resent_after_news
from delivered
inner join {{ ref('delivery_ledger') }} as ledger
    on delivered.delivery_id = ledger.delivery_id
inner join slices
    on
        delivered.partner_id = slices.partner_id
        and delivered.kind = slices.kind
        and delivered.week_start = slices.week_start
left join conflicts
    on
        delivered.delivery_id = conflicts.delivery_id
        and delivered.partner_id = conflicts.partner_id
        and delivered.kind = conflicts.kind
        and delivered.week_start = conflicts.week_start
left join repeated
    on
        delivered.delivery_id = repeated.delivery_id
        and delivered.kind = 'sell_out'
        and delivered.partner_id = repeated.partner_id
        and delivered.week_start = repeated.week_start

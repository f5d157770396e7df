{%- set has_slice -%}
    shares.partner_id is not null
    and ledger.period_start is not null
    and ledger.kind in ('sell_in', 'sell_out', 'stock')
{%- endset -%}

with deliveries as (
    select
        deliveries.*,
        row_number() over (
            partition by contract_id
            order by received_at desc, file_name desc, delivery_id desc
        ) as place_in_feed
    from {{ ref('stg_deliveries') }} as deliveries
    where not is_resent and not is_withdrawn
),

periods as (
    select
        periods.*,
        case
            when deliveries.delivery_mode = 'replace_period' and periods.quarantined_lines > 0 then 1 else 0
        end as replaced_nothing
    from {{ ref('stg_delivery_periods') }} as periods
    inner join deliveries
        on periods.delivery_id = deliveries.delivery_id
    where not coalesce(periods.is_out_of_scope, false)
),

ordered_periods as (
    select
        periods.*,
        -- where none is sound the first counts, since none after it replaces it
        case when replaced_nothing = 1 then row_number() over (
            partition by contract_id, period_start
            order by received_at asc, file_name asc, delivery_id asc
        ) else 0 end as place_if_broken
    from periods
),

placed_periods as (
    select
        delivery_id,
        period_start,
        period_end,
        replaced_nothing,
        row_number() over (
            partition by contract_id, period_start
            order by received_at desc, file_name desc, delivery_id desc
        ) as place,
        -- what replaces nothing leaves the delivery before it in force
        row_number() over (
            partition by contract_id, period_start
            order by replaced_nothing asc, place_if_broken asc, received_at desc, file_name desc, delivery_id desc
        ) as place_in_force
    from ordered_periods
),

latest as (
    select distinct delivery_id
    from placed_periods
    where place = 1 or place_in_force = 1
),

dated as (
    select distinct delivery_id from placed_periods
),

judged_deliveries as (
    select deliveries.*
    from deliveries
    left join latest
        on deliveries.delivery_id = latest.delivery_id
    left join dated
        on deliveries.delivery_id = dated.delivery_id
    where
        deliveries.delivery_mode = 'append'
        or latest.delivery_id is not null
        or (dated.delivery_id is null and deliveries.place_in_feed = 1)
),

counted_lines as (
    select
        delivery_id,
        partner_id,
        case when line_class = 'accepted' then lines else 0 end as accepted,
        lines as judged
    from {{ ref('delivery_lines') }}
    where line_class in ('accepted', 'unmatched')
    union all
    select
        delivery_id,
        cast(null as {{ dbt.type_string() }}) as partner_id,
        lines as accepted,
        lines as judged
    from {{ ref('stg_master_lines') }}
    where line_class = 'accepted'
    union all
    select
        delivery_id,
        partner_id,
        0 as accepted,
        lines_quarantined as judged
    from deliveries
    where lines_quarantined > 0
),

by_partner as (
    select
        deliveries.delivery_id,
        coalesce(counted_lines.partner_id, deliveries.partner_id) as partner_id,
        sum(counted_lines.accepted) as accepted,
        sum(counted_lines.judged) as judged
    from judged_deliveries as deliveries
    inner join counted_lines
        on deliveries.delivery_id = counted_lines.delivery_id
    group by deliveries.delivery_id, coalesce(counted_lines.partner_id, deliveries.partner_id)
),

with_nameless as (
    select
        by_partner.*,
        sum(case when partner_id is not null then judged else 0 end) over (partition by delivery_id) as named,
        sum(judged) over (partition by delivery_id) as judged_in_delivery
    from by_partner
),

shares as (
    select
        delivery_id,
        partner_id,
        judged as lines_judged,
        -- lines that name no partner weigh on all partners of the delivery alike
        cast(accepted as double) / judged
        * case when partner_id is null then 1 else cast(named as double) / judged_in_delivery end as accepted_share
    from with_nameless
    where judged > 0 and (partner_id is not null or named = 0)
),

feed_weeks as (
    select distinct
        contract_id,
        partner_id,
        week_start
    from {{ ref('delivery_lines') }}
    where partner_id is not null
),

-- a shared feed would have replaced what it ever said of the period, whoever the broken line was to name
unreplaced as (
    select distinct
        periods.delivery_id,
        periods.period_start,
        periods.period_end,
        coalesce(deliveries.partner_id, feed_weeks.partner_id) as partner_id
    from placed_periods as periods
    inner join deliveries
        on periods.delivery_id = deliveries.delivery_id
    left join feed_weeks
        on
            deliveries.partner_id is null
            and deliveries.contract_id = feed_weeks.contract_id
            and feed_weeks.week_start <= periods.period_end
            and {{ add_days('feed_weeks.week_start', 6) }} >= periods.period_start
    where
        periods.replaced_nothing = 1
        and periods.place = 1
        and coalesce(deliveries.partner_id, feed_weeks.partner_id) is not null
),

-- sell-in belongs to the weeks in which it was received, whatever the dates of its documents
received_weeks as (
    select
        delivery_id,
        min(week_start) as first_week,
        max(week_start) as last_week
    from {{ ref('delivery_lines') }}
    where kind = 'sell_in' and week_start is not null
    group by delivery_id
),

ledger as (
    select
        ledger.delivery_id,
        ledger.kind,
        ledger.owner,
        ledger.contract_id,
        ledger.remarks,
        cast(coalesce(ledger.remark_count, 0) as bigint) as remark_count,
        coalesce(received_weeks.first_week, ledger.period_start) as period_start,
        coalesce({{ add_days('received_weeks.last_week', 6) }}, ledger.period_end) as period_end
    from {{ ref('delivery_ledger') }} as ledger
    left join received_weeks
        on ledger.delivery_id = received_weeks.delivery_id
)

-- a file that nobody can place must not hold what it may have nothing to do with; its absence is the calendar's matter
select
    shares.partner_id,
    ledger.kind,
    ledger.period_start,
    ledger.period_end,
    ledger.owner,
    ledger.contract_id,
    ledger.delivery_id,
    cast(shares.lines_judged as bigint) as lines_judged,
    case when {{ has_slice }} then shares.accepted_share end as accepted_share,
    0 as replaced_nothing,
    cast(case
        when {{ has_slice }} then 0
        else round(shares.lines_judged * (1 - shares.accepted_share))
    end as bigint) as lost_lines_without_slice,
    ledger.remarks,
    ledger.remark_count
from shares
inner join ledger
    on shares.delivery_id = ledger.delivery_id
union all
select
    unreplaced.partner_id,
    ledger.kind,
    unreplaced.period_start,
    unreplaced.period_end,
    ledger.owner,
    ledger.contract_id,
    ledger.delivery_id,
    cast(0 as bigint) as lines_judged,
    cast(1 as double) as accepted_share,
    1 as replaced_nothing,
    cast(0 as bigint) as lost_lines_without_slice,
    ledger.remarks,
    cast(0 as bigint) as remark_count
from unreplaced
inner join ledger
    on unreplaced.delivery_id = ledger.delivery_id
where ledger.kind in ('sell_in', 'sell_out', 'stock')

with covering as (
    select
        cadence.contract_id,
        {{ cadence_start('periods.period_start', 'cadence.unit', 'cadence.every', 'cadence.counted_from') }}
            as period_start,
        periods.delivery_id,
        periods.received_at,
        row_number() over (
            partition by
                cadence.contract_id,
                {{ cadence_start('periods.period_start', 'cadence.unit', 'cadence.every', 'cadence.counted_from') }}
            order by periods.received_at, periods.file_name, periods.delivery_id
        ) as place
    from {{ ref('stg_delivery_periods') }} as periods
    inner join {{ ref('feed_cadence') }} as cadence
        on periods.contract_id = cadence.contract_id
    where cadence.is_expected
),

received as (
    select
        expected.*,
        covering.delivery_id,
        covering.received_at,
        {{ local_day('covering.received_at', 'expected.timezone') }} as received_on,
        build.as_of
    from {{ ref('expected_periods') }} as expected
    inner join {{ ref('stg_build') }} as build
        on expected.period_start <= build.as_of_date
    left join covering
        on
            expected.contract_id = covering.contract_id
            and expected.period_start = covering.period_start
            and covering.place = 1
),

judged as (
    select
        received.*,
        case
            when received_at is not null and received_on <= due_on then 'on_time'
            when received_at is not null then 'late'
            when due_at >= as_of then 'not_due'
            when is_waived then 'waived'
            else 'missing'
        end as status
    from received
)

select
    contract_id,
    partner_id,
    kind,
    period_start,
    period_end,
    due_at,
    received_at,
    status,
    cast(case when status = 'late' then {{ days_between('due_on', 'received_on') }} end as bigint) as days_late,
    frequency_unit,
    received_at is null and status <> 'waived' as is_open,
    owner,
    delivery_id
from judged

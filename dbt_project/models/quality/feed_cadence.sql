with first_delivered as (
    select
        contract_id,
        min(period_start) as period_start
    from {{ ref('stg_delivery_periods') }}
    group by contract_id
),

feeds as (
    select
        contracts.contract_id,
        contracts.partner_id,
        contracts.kind,
        contracts.owner,
        contracts.timezone,
        contracts.latency_days,
        contracts.coverage,
        contracts.has_location,
        contracts.delivery_mode,
        contracts.closed_weekdays,
        contracts.ends_on,
        contracts.status = 'active' and contracts.frequency_unit is not null as is_expected,
        coalesce(contracts.frequency_unit, case contracts.period
            when 'week' then 'w'
            when 'month' then 'm'
            when 'year' then 'y'
            else 'd'
        end) as unit,
        contracts.week_begins_on,
        coalesce(contracts.frequency_value, 1) as every,
        coalesce(contracts.starts_on, first_delivered.period_start) as first_day
    from {{ ref('stg_contracts') }} as contracts
    left join first_delivered
        on contracts.contract_id = first_delivered.contract_id
)

select
    contract_id,
    partner_id,
    kind,
    owner,
    timezone,
    coalesce(latency_days, 0) as latency_days,
    coverage,
    has_location,
    delivery_mode,
    closed_weekdays,
    is_expected,
    unit,
    every,
    {{ period_bucket('first_day', 'unit', 'week_begins_on') }} as counted_from,
    ends_on
from feeds
where first_day is not null

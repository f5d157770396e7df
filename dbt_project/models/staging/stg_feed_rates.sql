with spoken_of as (
    select
        deliveries.contract_id,
        min(dates.line_date) as first_day,
        max(dates.line_date) as last_day
    from {{ ref('stg_deliveries') }} as deliveries
    inner join {{ source('control', 'delivery_dates') }} as dates
        on deliveries.delivery_id = dates.delivery_id
    where not deliveries.is_withdrawn
    group by deliveries.contract_id
)

select
    contracts.contract_id,
    rates.from_currency,
    rates.rate_date,
    {{ week_start('rates.rate_date') }} as week_start,
    {{ week_start('rates.rate_date') }} as document_week,
    rates.rate
from {{ ref('stg_contracts') }} as contracts
inner join spoken_of
    on contracts.contract_id = spoken_of.contract_id
inner join {{ ref('stg_exchange_rates') }} as rates
    on
        rates.rate_date between spoken_of.first_day and spoken_of.last_day
        and (contracts.has_currency or contracts.currency = rates.from_currency)
where contracts.kind in ('sell_in', 'sell_out') and contracts.has_amount

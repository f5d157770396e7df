with quoted as (
    select
        rate_date,
        from_currency,
        to_currency,
        rate
    from ({{ current_lines('exchange_rates', 'rate_date') }}) as lines
    where line_state = 'current' and rate > 0
),

towards_reporting as (
    select quoted.rate_date, quoted.from_currency as currency, cast(quoted.rate as double) as rate, 1 as preference
    from quoted
    inner join {{ ref('stg_build') }} as build
        on quoted.to_currency = build.reporting_currency
    union all
    select quoted.rate_date, quoted.to_currency as currency, 1 / cast(quoted.rate as double) as rate, 2 as preference
    from quoted
    inner join {{ ref('stg_build') }} as build
        on quoted.from_currency = build.reporting_currency
),

preferred as (
    select
        towards_reporting.*,
        row_number() over (partition by currency, rate_date order by preference) as place
    from towards_reporting
),

validity as (
    select
        currency,
        rate_date,
        rate,
        lead(rate_date) over (partition by currency order by rate_date) as next_rate_date
    from preferred
    where place = 1
),

-- to the end of next year: with one day more in every run the rates would be news each time
days as (
    {{ day_series(
        "(select min(rate_date) from validity)",
        "(select " ~ add_days(
            'cast(' ~ dbt.dateadd('year', 2, dbt.date_trunc('year', 'max(as_of_date)')) ~ ' as date)', -1
        ) ~ " from " ~ ref('stg_build') ~ ")"
    ) }}
)

select
    validity.currency as from_currency,
    days.day as rate_date,
    validity.rate
from validity
inner join days
    on days.day >= validity.rate_date and (days.day < validity.next_rate_date or validity.next_rate_date is null)

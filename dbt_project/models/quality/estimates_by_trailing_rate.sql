with rates as (
    select
        recent.*,
        greatest(trailing_units, 0) / season_total as rate,
        -- all products of a month are out together, and 8 of them tell little of it
        case
            when {{ days_between('period_start', 'period_end') }} > 14
                then {{ month_deviation() }} * {{ month_deviation() }}
            else 0
        end as least_variance
    from {{ ref('trailing_sell_out') }} as recent
),

strayed as (
    select
        rates.*,
        units_squares - 2 * rate * units_by_season + rate * rate * season_squares as squares,
        -- what chance, and a season that is known so well, would make of them
        rate * (season_total - season_squares / season_total) + rate * rate * season_variances as squares_by_chance
    from rates
),

-- many short windows tell together how far a feed strays beyond chance; each alone tells little
strays as (
    select
        contract_id,
        level,
        greatest(
            sum(squares - squares_by_chance)
            / nullif(sum(rate * rate * season_squares * (1 - 1.0 / trailing_periods)), 0),
            max(least_variance)
        ) as relative_variance
    from strayed
    where trailing_periods > 1
    group by contract_id, level
),

expected as (
    select
        rates.*,
        season * rate as units,
        sqrt(
            season * rate
            + strays.relative_variance * season * rate * season * rate
            + season_variance * rate * rate
            + season * season * rate
            * (season_total + rate * (strays.relative_variance * season_squares + season_variances))
            / (season_total * season_total)
        ) as deviation
    from rates
    left join strays
        on rates.contract_id = strays.contract_id and rates.level = strays.level and rates.trailing_periods > 1
)

-- where 0 is within reach the lower end cuts nothing off, so all that is left out lies above
select
    contract_id,
    partner_id,
    location_id,
    product_id,
    period_start,
    period_end,
    cast(units as decimal(18, 4)) as units,
    cast(case
        when units > {{ deviations_around() }} * deviation then units - {{ deviations_around() }} * deviation
        when deviation > 0 then 0
    end as decimal(18, 4)) as lower_units,
    cast(case
        when units > {{ deviations_around() }} * deviation then units + {{ deviations_around() }} * deviation
        when deviation > 0 then units + {{ deviations_below() }} * deviation + {{ count_step() }}
    end as decimal(18, 4)) as upper_units,
    trailing_periods,
    cast(season * trailing_periods / season_total as double) as seasonal_factor,
    seasonal_basis
from expected

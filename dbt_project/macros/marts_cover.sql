{#- Weeks of cover: how long a stock lasts, at the rate of the past and by the demand that came. -#}

{#- Weeks that a mean of sell-out looks back on, the week itself included. -#}
{% macro trailing_weeks() -%}
    {{ return(8) }}
{%- endmacro %}

{#- Weeks ahead within which demand must consume a stock for its forward cover to be known. -#}
{% macro forward_weeks() -%}
    {{ return(26) }}
{%- endmacro %}

{#-
From `stocked` (pair_number, week_start, week_number, sell_out_units, closing_stock_units, and of the week that is gone on
from demand_before and demand_since_before): `trailed`, with the mean sell-out of the trailing weeks, `demands`, with the
demand that came since a pair had a stock, and `covered`, with the forward cover where it is known. With `keys` also
`lasting_otherwise`, rows so far whose stock the weeks of `stocked` consume at another time than they say.

Units are counted in ten thousandths, of which a double holds sums exactly: equal whichever week they begin with.
-#}
{% macro weeks_of_cover(keys=none) -%}
    {%- if keys %}
    standing as (
        select
            so_far.*,
            {{ week_number('so_far.week_start') }} as week_number,
            pairs.pair_number
        from (
            select
                {%- for key in keys %}
                {{ key }},
                {%- endfor %}
                week_start,
                weeks_before,
                sell_out_units,
                closing_stock_units,
                forward_weeks_of_cover,
                demand_so_far,
                demand_since,
                -- not consumed before the weeks that are made anew
                closing_stock_units > 0
                and (forward_weeks_of_cover is null or ceil(forward_weeks_of_cover) >= weeks_before) as is_open
            from {{ rows_so_far(columns_of_weekly_rows()) }} as standing_rows
        ) as so_far
        left join (select distinct pair_number, {{ keys | join(', ') }} from stocked) as pairs
            on {{ same_keys('so_far', 'pairs', keys) }}
        where so_far.weeks_before < {{ trailing_weeks() }} or so_far.is_open
    ),

    {% endif -%}
    -- the figures that the window looks at, and nothing else: sorting whole rows would cost as much as all the rest
    trailed as (
        select
            pair_number,
            week_number,
            sum(sell_out_units) over lately / (10000 * count(sell_out_units) over lately) as mean_sell_out_units
        from (
            {%- set earlier_rows = 'standing where weeks_before between 2 and ' ~ (trailing_weeks() - 1) %}
            {%- for rows in ['stocked'] + ([earlier_rows ~ ' and pair_number is not null'] if keys else []) %}
            select
                pair_number,
                week_number,
                {{ ten_thousandths('sell_out_units') }} as sell_out_units
            from {{ rows }}
            {{ 'union all' if not loop.last }}
            {%- endfor %}
        ) as flows
        window lately as (
            partition by pair_number
            order by week_number
            range between {{ trailing_weeks() - 1 }} preceding and current row
        )
    ),

    -- weeks of one `unbroken_run` and `unknown_weeks_so_far` have a row each and are known: one that is not is the first of a run
    known_runs as (
        select
            stocked.pair_number,
            week_start,
            week_number,
            {{ ten_thousandths('closing_stock_units') }} as stock_units,
            -- demand is what is sold net, and never negative: goods that come back consume no stock
            case when sell_out_units > 0 then {{ ten_thousandths('sell_out_units') }} else 0 end as demand,
            {{ ten_thousandths('demand_before') }} as demand_before,
            demand_since_before,
            row_number() over (partition by stocked.pair_number order by week_number) - week_number as unbroken_run,
            count(case when sell_out_units is null then 1 end) over (
                partition by stocked.pair_number
                order by week_number
                rows between unbounded preceding and current row
            ) as unknown_weeks_so_far
        from stocked
        inner join (
            select distinct pair_number
            from stocked
            where closing_stock_units > 0 or demand_since_before is not null
        ) as stocked_pairs
            on stocked.pair_number = stocked_pairs.pair_number
    ),

    first_stocks as (
        select
            pair_number,
            unbroken_run,
            unknown_weeks_so_far,
            min(week_number) as first_week_number,
            coalesce(min(demand_since_before), min(week_start)) as demand_since
        from known_runs
        where stock_units > 0 or demand_since_before is not null
        group by pair_number, unbroken_run, unknown_weeks_so_far
    ),

    demands as (
        select
            known_runs.pair_number,
            known_runs.week_number,
            known_runs.stock_units,
            known_runs.demand,
            first_stocks.demand_since,
            sum(case
                when known_runs.week_number > first_stocks.first_week_number then known_runs.demand
                else coalesce(known_runs.demand_before, 0)
            end) over (
                partition by known_runs.pair_number, first_stocks.demand_since
                order by known_runs.week_number
                rows between unbounded preceding and current row
            ) as demand_so_far
        from known_runs
        inner join first_stocks
            on
                known_runs.pair_number = first_stocks.pair_number
                and known_runs.unbroken_run = first_stocks.unbroken_run
                and known_runs.unknown_weeks_so_far = first_stocks.unknown_weeks_so_far
                and known_runs.week_number >= first_stocks.first_week_number
    ),

    -- the demand so far at which nothing is left of a stock
    open_stocks as (
        select
            pair_number,
            demand_since,
            week_number,
            demand_so_far + stock_units as level
        from demands
        where stock_units > 0
        {%- if keys %}
        union all
        select
            pair_number,
            demand_since,
            week_number,
            {{ ten_thousandths('demand_so_far') }} + {{ ten_thousandths('closing_stock_units') }} as level
        from standing
        where is_open and weeks_before > 1 and pair_number is not null
        {%- endif %}
    ),

    -- the others last for longer than is known
    consumed_stocks as (
        select open_stocks.*
        from open_stocks
        inner join (
            select pair_number, demand_since, max(demand_so_far) as demand_so_far
            from demands
            group by pair_number, demand_since
        ) as latest
            on
                open_stocks.pair_number = latest.pair_number
                and open_stocks.demand_since = latest.demand_since
                and open_stocks.level <= latest.demand_so_far
    ),

    -- a stock lasts until the first week in which the demand so far reaches its level
    reached as (
        select
            levels.*,
            min(case when is_week = 1 then week_number end) over (
                partition by pair_number, demand_since
                order by level, is_week
                rows between current row and unbounded following
            ) as last_week_number
        from (
            select pair_number, demand_since, week_number, demand_so_far as level, 1 as is_week
            from demands
            where pair_number in (select pair_number from consumed_stocks)
            union all
            select pair_number, demand_since, week_number, level, 0 as is_week
            from consumed_stocks
        ) as levels
    ),

    covered as (
        select
            reached.pair_number,
            reached.week_number,
            consumed.week_number - reached.week_number - 1
            + (reached.level - (consumed.demand_so_far - consumed.demand)) / consumed.demand as forward_weeks_of_cover
        from reached
        inner join demands as consumed
            on
                reached.pair_number = consumed.pair_number
                and reached.demand_since = consumed.demand_since
                and reached.last_week_number = consumed.week_number
        where
            reached.is_week = 0
            and reached.last_week_number - reached.week_number <= {{ forward_weeks() }}
    )
    {%- if keys %},
    {%- set lasting_otherwise %}
        select
            {%- for key in keys %}
            standing.{{ key }},
            {%- endfor %}
            standing.week_start,
            covered.forward_weeks_of_cover
        from standing
        left join covered
            on standing.pair_number = covered.pair_number and standing.week_number = covered.week_number
        where
            standing.is_open
            and coalesce(standing.forward_weeks_of_cover, -1) <> coalesce(covered.forward_weeks_of_cover, -1)
    {%- endset %}

    lasting_otherwise as (
        {{ few_rows(lasting_otherwise) }}
    )
    {%- endif %}
{%- endmacro %}

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
From `stocked` (pair_number, week_number, sell_out_units, closing_stock_units, stock_status): `trailed`, with the mean sell-out of the
trailing weeks and the stock of the week before, and `covered`, with the forward cover where it is known. With `keys` also
`lasting_otherwise`, rows so far whose stock the weeks of `stocked` consume at another time than they say.

Units are counted in ten thousandths, of which a double holds sums exactly: equal whichever week they begin with.
-#}
{% macro weeks_of_cover(keys=none) -%}
    {%- set is_open -%}
        closing_stock_units > 0 and (forward_weeks_of_cover is null or ceil(forward_weeks_of_cover) >= weeks_before)
    {%- endset -%}
    {%- if keys %}
    -- stocks so far that were not consumed before the weeks that are made anew; most pairs have none
    open_pairs as (
        select {{ keys | join(', ') }}, max(weeks_before) as open_for
        from {{ rows_so_far() }} as so_far
        where {{ is_open }}
        group by {{ keys | join(', ') }}
    ),

    standing_rows as (
        select
            {%- for key in keys %}
            so_far.{{ key }},
            {%- endfor %}
            so_far.week_start,
            so_far.weeks_before,
            so_far.sell_out_units,
            so_far.closing_stock_units,
            so_far.stock_status,
            so_far.forward_weeks_of_cover,
            {{ is_open }} as is_open
        from {{ rows_so_far() }} as so_far
        left join open_pairs
            on {{ same_keys('so_far', 'open_pairs', keys) }}
        where so_far.weeks_before < {{ trailing_weeks() }} or so_far.weeks_before <= open_pairs.open_for
    ),

    -- numbers below 0: of pairs that have no later week
    standing_pairs as (
        select
            met.*,
            coalesce(later.pair_number, - row_number() over (
                order by {% for key in keys %}met.{{ key }}{{ ', ' if not loop.last }}{% endfor %}
            )) as pair_number
        from (select distinct {{ keys | join(', ') }} from standing_rows) as met
        left join (select distinct pair_number, {{ keys | join(', ') }} from stocked) as later
            on {{ same_keys('met', 'later', keys) }}
    ),

    standing as (
        select
            standing_rows.*,
            {{ week_number('standing_rows.week_start') }} as week_number,
            standing_pairs.pair_number
        from standing_rows
        inner join standing_pairs
            on {{ same_keys('standing_rows', 'standing_pairs', keys) }}
    ),

    {% endif -%}
    -- the figures that windows look at, and nothing else: sorting whole rows would cost as much as all the rest
    flows as (
        {%- for rows in ['stocked'] + (['standing where weeks_before > 1'] if keys else []) %}
        select
            pair_number,
            week_number,
            {{ ten_thousandths('sell_out_units') }} as sell_out_units,
            {{ ten_thousandths('closing_stock_units') }} as stock_units,
            stock_status,
            {{ 'closing_stock_units > 0' if rows == 'stocked' else 'is_open' }} as is_open
        from {{ rows }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ),

    trailed as (
        select
            flows.*,
            lag(week_number) over (partition by pair_number order by week_number) as former_week_number,
            lag(stock_units) over (partition by pair_number order by week_number) / 10000 as former_stock_units,
            lag(stock_status) over (partition by pair_number order by week_number) as former_stock_status,
            sum(sell_out_units) over lately / (10000 * count(sell_out_units) over lately) as mean_sell_out_units,
            row_number() over (partition by pair_number order by week_number) - week_number as unbroken_run,
            -- demand is what is sold net, and never negative: goods that come back consume no stock
            sum(case when sell_out_units > 0 then sell_out_units else 0 end) over (
                partition by pair_number
                order by week_number
                rows between unbounded preceding and current row
            ) as demand_so_far,
            sum(case when sell_out_units > 0 then sell_out_units else 0 end) over (partition by pair_number)
                as demand_in_all,
            sum(case when sell_out_units is null then 1 else 0 end) over (
                partition by pair_number
                order by week_number
                rows between unbounded preceding and current row
            ) as unknown_weeks_so_far
        from flows
        window lately as (
            partition by pair_number
            order by week_number
            range between {{ trailing_weeks() - 1 }} preceding and current row
        )
    ),

    -- the others last for longer than is known
    consumed_stocks as (
        select *
        from trailed
        where is_open and demand_so_far + stock_units <= demand_in_all
    ),

    stocked_pairs as (
        select distinct pair_number
        from consumed_stocks
    ),

    -- a stock lasts until the first week in which the demand so far reaches that of its own week and the stock
    levels as (
        select
            trailed.pair_number,
            trailed.week_number,
            trailed.demand_so_far as level,
            1 as is_week,
            trailed.unbroken_run,
            trailed.unknown_weeks_so_far
        from trailed
        inner join stocked_pairs
            on trailed.pair_number = stocked_pairs.pair_number
        union all
        select
            pair_number,
            week_number,
            demand_so_far + stock_units as level,
            0 as is_week,
            unbroken_run,
            unknown_weeks_so_far
        from consumed_stocks
    ),

    reached as (
        select
            levels.*,
            min(case when is_week = 1 then week_number end) over (
                partition by pair_number
                order by level, is_week
                rows between current row and unbounded following
            ) as last_week_number
        from levels
    ),

    covered as (
        select
            reached.pair_number,
            reached.week_number,
            consumed.week_number - reached.week_number - 1
            + (reached.level - (consumed.demand_so_far - consumed.sell_out_units)) / consumed.sell_out_units
                as forward_weeks_of_cover
        from reached
        inner join trailed as consumed
            on
                reached.pair_number = consumed.pair_number
                and reached.last_week_number = consumed.week_number
                and reached.unbroken_run = consumed.unbroken_run
                and reached.unknown_weeks_so_far = consumed.unknown_weeks_so_far
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

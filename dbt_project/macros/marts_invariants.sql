{#- Counts of what must never be: each is a scalar subquery, 0 where the invariant holds. -#}

{#- Rows beyond the first of each key. -#}
{% macro repeated_keys(relation, key) -%}
    (
            select coalesce(sum(rows_of_key - 1), 0)
            from (
                select count(*) as rows_of_key
                from {{ relation }}
                group by {{ key | join(', ') }}
                having count(*) > 1
            ) as repeated
        )
{%- endmacro %}

{#- How many rows offend, of all partners. -#}
{% macro count_of(offending) -%}
    (select count(*) from ({{ offending }}) as offending)
{%- endmacro %}

{#-
Weekly sell-out less the lines (`located` ones) that weekly tables take, by partner and week: a line of several weeks is
told by its first, so that only all weeks of a partner come to nothing.
-#}
{% macro sell_out_balance(weekly, located) -%}
    select partner_id, week_start, sell_out_units as balance
    from {{ weekly }}
    where sell_out_status in ('reported', 'partial', 'allocated')
    union all
    select partner_id, week_start, - units as balance
    from {{ ref('evidence_lines_of_partners') }}
    where {{ located }}
{%- endmacro %}

{#- How many partners have a balance that is not 0. -#}
{% macro partners_out_of_balance(balances) -%}
    (
            select count(*)
            from (
                select partner_id
                from ({{ balances }}) as balances
                group by partner_id
                having sum(balance) <> 0
            ) as unbalanced
        )
{%- endmacro %}

{#- Partners whose sell-out in a period differs between `distribution` and the lines that name a location. -#}
{% macro distribution_out_of_balance() -%}
    (
            with located as (
                select partner_id, sum(units) as units
                from {{ ref('evidence_lines_of_partners') }}
                where is_located
                group by partner_id
            )

            select count(*)
            from (
                select period, partner_id
                from (
                    select period, partner_id, sell_out_units as units
                    from {{ ref('distribution') }}
                    where scope = 'partner'
                    {%- for period in distribution_periods() %}
                    union all
                    select '{{ period }}' as period, partner_id, - units
                    from located
                    {%- endfor %}
                ) as both_sides
                group by period, partner_id
                having coalesce(sum(units), 0) <> 0
            ) as unbalanced
        )
{%- endmacro %}

{#- Partners whose points of sale that sell, counted a period and product, differ between `distribution` and the weeks. -#}
{% macro selling_out_of_balance() -%}
    (
            select count(*)
            from (
                select period, partner_id
                from (
                    select period, partner_id, selling_locations as locations
                    from {{ ref('distribution') }}
                    where scope = 'partner'
                    union all
                    select period, partner_id, - selling_locations as locations
                    from {{ ref('int_selling_locations') }}
                ) as both_sides
                group by period, partner_id
                having coalesce(sum(locations), 0) <> 0
            ) as unbalanced
        )
{%- endmacro %}

{#- Rows of all partners whose `measures` differ from the sum of the partners' rows. -#}
{% macro scopes_out_of_balance(relation, measures) -%}
    (
            select count(*)
            from (
                select period, period_start, product_id
                from {{ relation }}
                group by period, period_start, product_id
                having
                {%- for measure in measures %}
                    coalesce(sum(case when scope = 'partner' then {{ measure }} else - {{ measure }} end), 0) <> 0
                    {{ 'or' if not loop.last }}
                {%- endfor %}
            ) as unbalanced
        )
{%- endmacro %}

{#- Rows of `pressure_index` whose sell-out, or whose stock where it was counted, is not that of the facts. -#}
{% macro pressure_out_of_balance() -%}
    (
            with {{ weeks_of_periods() }},

            periods as (
                select
                    weeks_of_periods.*,
                    max(week_start) over (partition by period, period_start) as last_week_start
                from weeks_of_periods
            ),

            summed as (
                select
                    periods.period, periods.period_start, told.partner_id, told.product_id,
                    sum(told.sell_out_units) as sell_out_units,
                    sum(case when periods.week_start = periods.last_week_start then told.closing_stock_units end)
                        as closing_stock_units
                from {{ ref('evidence_weeks_of_partners') }} as told
                inner join periods on told.week_start = periods.week_start
                group by periods.period, periods.period_start, told.partner_id, told.product_id
            )

            select count(*)
            from {{ ref('pressure_index') }} as pressure
            left join summed
                on
                    pressure.period = summed.period
                    and pressure.period_start = summed.period_start
                    and pressure.partner_id = summed.partner_id
                    and pressure.product_id = summed.product_id
            where
                pressure.scope = 'partner'
                and (
                    pressure.sell_out_units <> coalesce(summed.sell_out_units, 0)
                    or (
                        pressure.stock_status = 'reported'
                        and pressure.closing_stock_units <> coalesce(summed.closing_stock_units, 0)
                    )
                )
        )
{%- endmacro %}

{#- Periods and scopes in which the shares of `pressure_index` do not make a whole. -#}
{% macro shares_out_of_balance() -%}
    (
            select count(*)
            from (
                select period, period_start, partner_id
                from {{ ref('pressure_index') }}
                group by period, period_start, partner_id
                having abs(sum(share_of_stock) - 1) > 1e-9 or abs(sum(share_of_market) - 1) > 1e-9
            ) as unbalanced
        )
{%- endmacro %}

{#- Rows whose completeness is no share: both are known or neither is, and they lie between 0 and 1. -#}
{% macro completeness_out_of_range(relation) -%}
    (
            select count(*)
            from {{ relation }}
            where
                (completeness is null) <> (completeness_by_count is null)
            {%- for column in ['completeness', 'completeness_by_count'] %}
                or {{ column }} < 0 or {{ column }} > 1 + 1e-9
            {%- endfor %}
        )
{%- endmacro %}

{#- Rows of one partner and week that are not as complete as the weekly mart's: of one slice there is one completeness. -#}
{% macro single_slices_out_of_balance(relation) -%}
    (
            select count(*)
            from {{ relation }} as rows_of_scope
            left join {{ ref('sell_through_weekly') }} as weekly
                on
                    rows_of_scope.partner_id = weekly.partner_id
                    and rows_of_scope.product_id = weekly.product_id
                    and rows_of_scope.period_start = weekly.week_start
            where
                rows_of_scope.scope = 'partner'
                and rows_of_scope.period = 'week'
                and (
                {%- for column in ['completeness', 'completeness_by_count'] %}
                    abs(coalesce(rows_of_scope.{{ column }}, -1) - coalesce(weekly.{{ column }}, -1)) > 1e-6
                    {{ 'or' if not loop.last }}
                {%- endfor %}
                )
        )
{%- endmacro %}

{#- Week in which a row of cohorts looks at what its goods became. -#}
{% macro week_looked_at(cohorts) -%}
    cast({{ add_days(cohorts ~ '.week_start', cohorts ~ '.weeks_after * 7') }} as date)
{%- endmacro %}

{#- Cohorts that are not what their week received: partner and week in which they are looked at. -#}
{% macro cohorts_out_of_balance(cohorts, weekly, keys) -%}
    select cohorts.partner_id, {{ week_looked_at('cohorts') }} as week_start, 1 as balance
    from {{ cohorts }} as cohorts
    left join {{ weekly }} as weekly
        on {{ same_keys('cohorts', 'weekly', keys + ['week_start']) }}
    where coalesce(cohorts.received_units <> weekly.received_units, true)
{%- endmacro %}

{#- Weeks at whose close the cohorts have more left than the stock, to the rounding of their units. -#}
{% macro cohorts_beyond_stock(cohorts, weekly, keys) -%}
    select left_over.partner_id, left_over.week_start, 1 as balance
    from (
        select
            {{ keys | join(', ') }},
            {{ week_looked_at('cohorts') }} as week_start,
            sum(left_units) as left_units
        from {{ cohorts }} as cohorts
        where left_units > 0
        group by {{ keys | join(', ') }}, {{ week_looked_at('cohorts') }}
    ) as left_over
    left join {{ weekly }} as weekly
        on {{ same_keys('left_over', 'weekly', keys + ['week_start']) }}
    where coalesce(left_over.left_units - weekly.closing_stock_units > 0.001, true)
{%- endmacro %}

{#- Days with goods on the shelf, less those that the stock counts of selling locations tell, by partner and week. -#}
{% macro shelf_balance() -%}
    select partner_id, week_start, known_days - out_of_stock_days as balance
    from {{ ref('availability_location_weekly') }}
    union all
    select counts.partner_id, counts.week_start, - cast(counts.counted_days - counts.empty_days as bigint) as balance
    from {{ ref('int_weekly_stock_days') }} as counts
    inner join {{ ref('evidence_places_of_partners') }} as places
        on {{ same_keys('counts', 'places', ['partner_id', 'location_id']) }}
{%- endmacro %}

{#- Lines of a fact, less those that were accepted and are not held, less the carried ones, by partner and week. -#}
{% macro fact_balance(kind) -%}
    select partner_id, week_start, 1 as balance
    from {{ ref('fct_' ~ kind) }}
    union all
    select partner_id, week_start, -1 as balance
    from {{ ref('stg_' ~ kind) }} as lines
    where line_class = 'accepted' and not {{ is_held_back(kind) }}
    union all
    select partner_id, week_start, -1 as balance
    from {{ source('carried', 'fct_' ~ kind) }}
{%- endmacro %}

{#-
Invariants of facts and of tables by location that hold or break by partner: of each, what selects partner, week and
balance, which comes to 0 over all weeks of a partner where the invariant holds.
-#}
{% macro invariants_of_partners() -%}
    {%- set cohorts = [
        ref('sell_through_location_cohorts'), ref('int_weekly_sell_through'), ['partner_id', 'location_id', 'product_id'],
    ] -%}
    {%- set invariants = [] -%}
    {%- for kind in sales_kinds() -%}
        {%- do invariants.append(
            ('fct_' ~ kind, 'published = accepted - held + carried', fact_balance(kind))
        ) -%}
    {%- endfor -%}
    {{ return(invariants + [
        (
            'sell_through_location_cohorts', 'a cohort is what its week received',
            cohorts_out_of_balance(*cohorts),
        ),
        (
            'sell_through_location_cohorts', 'what is left of cohorts is in the stock',
            cohorts_beyond_stock(*cohorts),
        ),
        (
            'availability_location_weekly', 'days in stock are those of the counts',
            shelf_balance(),
        ),
        (
            'sell_through_location_weekly', 'sell-out of a partner sums to its located lines',
            sell_out_balance(ref('int_weekly_sell_through'), 'is_located'),
        ),
    ]) }}
{%- endmacro %}

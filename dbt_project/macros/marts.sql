{#- How facts are composed, and how what spans several weeks is spread over them. -#}

{#- Longest span, in days, that is spread over ISO weeks; longer lines stay out of the weekly tables. -#}
{% macro longest_spread_days() -%}
    {{ return(31) }}
{%- endmacro %}

{#- ISO weeks after its first one that a line can reach. -#}
{% macro longest_spread_weeks() -%}
    {{ return((longest_spread_days() + 5) // 7) }}
{%- endmacro %}

{#-
A fact: accepted lines of slices that are not held, and the carried lines of those that are. What a carried line tells
already does not enter a second time by way of another week.
`columns` are pairs of a column's name and its expression over a staged line.
-#}
{% macro composed_fact(kind, columns) -%}
    select
    {%- for name, expression in columns %}
        {{ expression }} as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
    from {{ ref('stg_' ~ kind) }} as lines
    where
        line_class = 'accepted' and not {{ is_held_back(kind) }}
    union all
    select
    {%- for name, _ in columns %}
        {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
    from {{ source('carried', 'fct_' ~ kind) }}
{%- endmacro %}

{#- Whether an accepted line (`lines`) stays out of the facts: its slice is held, or a carried line stands for it. -#}
{% macro is_held_back(kind) -%}
    (
        {{ is_of_held_slice(kind) }}
        or {{ is_carried_already(kind) }}
    )
{%- endmacro %}

{% macro is_of_held_slice(kind) -%}
    exists (
        select 1
        from {{ source('gates', 'held_slices') }} as held
        where
            held.kind = '{{ kind }}'
            and held.partner_id = lines.partner_id
            and held.week_start = lines.week_start
    )
{%- endmacro %}

{% macro is_carried_already(kind) -%}
    exists (
        select 1
        from {{ ref('int_lines_carried_already') }} as carried
        where
            carried.kind = '{{ kind }}'
            and carried.delivery_id = lines.delivery_id
            and carried.line_number = lines.line_number
    )
{%- endmacro %}

{#- Lines of a kind that have a key, by the delivery that counts for them. -#}
{% macro keyed_lines(kind) -%}
    (
        select
            deliveries.contract_id,
            deliveries.delivery_id,
            lines.line_number,
            lines.line_key
        from {{ source('raw', kind) }} as lines
        inner join {{ ref('stg_deliveries') }} as deliveries
            on
                lines.delivery_id = deliveries.stored_delivery_id
                and lines.reading_hash = deliveries.reading_hash
        where not deliveries.is_resent and lines.line_key is not null
    )
{%- endmacro %}

{#- Days of the ISO week beginning on `week_start` that lie between `first_day` and `last_day`, both included. -#}
{% macro days_in_week(first_day, last_day, week_start) -%}
    {%- set week_end = add_days(week_start, 6) -%}
    ({{ days_between(
        'case when ' ~ first_day ~ ' > ' ~ week_start ~ ' then ' ~ first_day ~ ' else ' ~ week_start ~ ' end',
        'case when ' ~ last_day ~ ' < ' ~ week_end ~ ' then ' ~ last_day ~ ' else ' ~ week_end ~ ' end'
    ) }} + 1)
{%- endmacro %}

{#- Share of the expected days that was reported, less the days of the week of which no report counts. -#}
{% macro share_told(reported_days, expected_days, untold_days) -%}
    cast({{ reported_days }} as double) / {{ expected_days }} * (1 - cast({{ untold_days }} as double) / 7)
{%- endmacro %}

{#-
Spreads rows over the ISO weeks that they span, by days; the last day takes the remainder, so that the parts sum to the
whole. `relation` has period_start, period_end, `dimensions` and `measures` (pairs of name and type); one row of the
result is a row x week: the dimensions, week_start, the measures, and is_spread.
-#}
{% macro spread_over_weeks(relation, dimensions, measures) -%}
    {#- read twice, and no table expression: all rows would be written aside for the few that span weeks -#}
    {%- set measured %}
        select
        {%- for dimension in dimensions %}
            {{ dimension }},
        {%- endfor %}
        {%- for name, _ in measures %}
            {{ name }},
        {%- endfor %}
            period_start,
            period_end,
            {{ week_start('period_start') }} as first_week_start,
            {{ days_between('period_start', 'period_end') }} + 1 as days
        from {{ relation }}
    {%- endset %}
    with within_a_week as (
        select * from (
            {{ measured }}
        ) as measured
        where period_end < {{ add_days('first_week_start', 7) }}
    ),

    over_weeks as (
        select
            measured.*,
            {{ add_days('measured.first_week_start', 'weeks.days_on') }} as week_start
        from (
            {{ measured }}
        ) as measured
        inner join (
        {%- for week in range(0, longest_spread_weeks() + 1) %}
            select {{ 7 * week }} as days_on
            {{ 'union all' if not loop.last }}
        {%- endfor %}
        ) as weeks
            on measured.period_end >= {{ add_days('measured.first_week_start', 'weeks.days_on') }}
        where
            measured.period_end >= {{ add_days('measured.first_week_start', 7) }}
            and measured.days <= {{ longest_spread_days() }}
    ),

    shared as (
        select
            over_weeks.*,
            week_start = {{ week_start('period_end') }} as is_last_week,
            {{ days_in_week('period_start', 'period_end', 'week_start') }} as days_in_week
        from over_weeks
    )

    select
    {%- for dimension in dimensions %}
        {{ dimension }},
    {%- endfor %}
        first_week_start as week_start,
    {%- for name, _ in measures %}
        {{ name }},
    {%- endfor %}
        false as is_spread
    from within_a_week
    union all
    select
    {%- for dimension in dimensions %}
        {{ dimension }},
    {%- endfor %}
        week_start,
    {%- for name, type in measures %}
        {%- set a_day = 'cast(' ~ name ~ ' / days as ' ~ type ~ ')' %}
        cast(case
            when is_last_week then {{ name }} - {{ a_day }} * (days - days_in_week)
            else {{ a_day }} * days_in_week
        end as {{ type }}) as {{ name }},
    {%- endfor %}
        true as is_spread
    from shared
{%- endmacro %}

{#- Units that came in by sell-in lines, paid and free; and those that went back. -#}
{% macro units_in(lines) -%}
    (
        case when {{ lines }}.units > 0 then {{ lines }}.units else 0 end
        + case when {{ lines }}.free_units > 0 then {{ lines }}.free_units else 0 end
    )
{%- endmacro %}

{% macro units_back(lines) -%}
    (
        - case when {{ lines }}.units < 0 then {{ lines }}.units else 0 end
        - case when {{ lines }}.free_units < 0 then {{ lines }}.free_units else 0 end
    )
{%- endmacro %}

{#-
The day on which a sell-in line counts: its receipt, else its document and the lead time of the feed, else of the
partner.
-#}
{% macro receipt_day(lines, feeds, partners) -%}
    coalesce({{ lines }}.received_on, {{ add_days(
        lines ~ '.document_date',
        'coalesce(' ~ feeds ~ '.lead_time_days, ' ~ partners ~ '.lead_time_days, 0)'
    ) }})
{%- endmacro %}

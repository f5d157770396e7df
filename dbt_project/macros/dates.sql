{#- Dates that engines spell differently. Weeks are ISO weeks: they begin on Monday. -#}

{% macro week_start(day) -%}
    cast({{ dbt.date_trunc('week', day) }} as date)
{%- endmacro %}

{#- Weeks since that of the first Monday of 1970. -#}
{% macro week_number(week_start) -%}
    cast({{ days_between("cast('1970-01-05' as date)", week_start) }} / 7 as integer)
{%- endmacro %}

{% macro add_days(day, days) -%}
    {{ return(adapter.dispatch('add_days')(day, days)) }}
{%- endmacro %}

{% macro default__add_days(day, days) -%}
    cast(({{ day }}) + cast({{ days }} as integer) as date)
{%- endmacro %}

{% macro spark__add_days(day, days) -%}
    date_add({{ day }}, cast({{ days }} as int))
{%- endmacro %}

{% macro days_between(first_day, last_day) -%}
    {{ return(adapter.dispatch('days_between')(first_day, last_day)) }}
{%- endmacro %}

{% macro default__days_between(first_day, last_day) -%}
    (cast({{ last_day }} as date) - cast({{ first_day }} as date))
{%- endmacro %}

{% macro spark__days_between(first_day, last_day) -%}
    datediff({{ last_day }}, {{ first_day }})
{%- endmacro %}

{#- The day so many months later; the last day of a month that has no such day. -#}
{% macro add_months(day, months) -%}
    {{ return(adapter.dispatch('add_months')(day, months)) }}
{%- endmacro %}

{% macro default__add_months(day, months) -%}
    cast({{ dbt.dateadd('month', months, day) }} as date)
{%- endmacro %}

{% macro spark__add_months(day, months) -%}
    add_months({{ day }}, cast({{ months }} as int))
{%- endmacro %}

{#- Boundaries of months between two days. -#}
{% macro months_between(first_day, last_day) -%}
    {{ return(adapter.dispatch('months_between')(first_day, last_day)) }}
{%- endmacro %}

{% macro default__months_between(first_day, last_day) -%}
    {{ dbt.datediff(first_day, last_day, 'month') }}
{%- endmacro %}

{% macro spark__months_between(first_day, last_day) -%}
    (12 * (year({{ last_day }}) - year({{ first_day }})) + month({{ last_day }}) - month({{ first_day }}))
{%- endmacro %}

{#- Whether a day is one of a feed's closed weekdays (`6,7`: ISO numbers, Monday is 1). -#}
{% macro is_closed_weekday(day, closed_weekdays) -%}
    (coalesce({{ dbt.position(
        'cast(' ~ iso_weekday(day) ~ ' as ' ~ dbt.type_string() ~ ')', closed_weekdays
    ) }}, 0) > 0)
{%- endmacro %}

{#- One row a day, column `day`, both ends included; the ends are scalar expressions, subqueries allowed. -#}
{% macro day_series(first_day, last_day) -%}
    {{ return(adapter.dispatch('day_series')(first_day, last_day)) }}
{%- endmacro %}

{% macro default__day_series(first_day, last_day) -%}
    select cast(days.day as date) as day
    from (
        select unnest(generate_series(
            cast({{ first_day }} as timestamp), cast({{ last_day }} as timestamp), interval 1 day
        )) as day
    ) as days
{%- endmacro %}

{% macro spark__day_series(first_day, last_day) -%}
    select explode(sequence(cast({{ first_day }} as date), cast({{ last_day }} as date))) as day
{%- endmacro %}

{#- The last second of a local day, as a UTC timestamp. -#}
{% macro end_of_day_utc(day, timezone) -%}
    {{ return(adapter.dispatch('end_of_day_utc')(day, timezone)) }}
{%- endmacro %}

{% macro default__end_of_day_utc(day, timezone) -%}
    timezone('UTC', timezone({{ timezone }}, cast({{ day }} as timestamp) + interval '86399 seconds'))
{%- endmacro %}

{% macro spark__end_of_day_utc(day, timezone) -%}
    cast(to_utc_timestamp(cast({{ day }} as timestamp) + interval '86399' second, {{ timezone }}) as timestamp_ntz)
{%- endmacro %}

{#- The local day of a UTC timestamp. -#}
{% macro local_day(utc_timestamp, timezone) -%}
    {{ return(adapter.dispatch('local_day')(utc_timestamp, timezone)) }}
{%- endmacro %}

{% macro default__local_day(utc_timestamp, timezone) -%}
    cast(timezone({{ timezone }}, timezone('UTC', {{ utc_timestamp }})) as date)
{%- endmacro %}

{% macro spark__local_day(utc_timestamp, timezone) -%}
    cast(from_utc_timestamp({{ utc_timestamp }}, {{ timezone }}) as date)
{%- endmacro %}

{#- Periods in which a feed owes its deliveries: every so many days, weeks or months, counted from its first one. -#}

{#- First day of the period that holds `day`; `counted_from` is the first day of any period of the feed. -#}
{% macro cadence_start(day, unit, every, counted_from) -%}
    case {{ unit }}
        when 'd' then {{ add_days(counted_from, whole_steps(days_between(counted_from, day), every)) }}
        when 'w' then {{ add_days(counted_from, whole_steps(days_between(counted_from, day), '7 * ' ~ every)) }}
        when 'm' then {{ add_months(counted_from, whole_steps(months_between(counted_from, day), every)) }}
        else {{ period_bucket(day, unit, '1') }}
    end
{%- endmacro %}

{#- Last day of the period that begins on `first_day`. -#}
{% macro cadence_end(first_day, unit, every) -%}
    case {{ unit }}
        when 'd' then {{ add_days(first_day, every ~ ' - 1') }}
        when 'w' then {{ add_days(first_day, '7 * ' ~ every ~ ' - 1') }}
        when 'm' then {{ add_days(add_months(first_day, every), -1) }}
        else {{ period_bucket_end(first_day, unit) }}
    end
{%- endmacro %}

{#- `distance` rounded down to a multiple of `step`, also below zero. -#}
{% macro whole_steps(distance, step) -%}
    cast(({{ step }}) * floor(({{ distance }}) / cast({{ step }} as double)) as integer)
{%- endmacro %}

{#- Day of the ISO week: Monday is 1, Sunday 7. -#}
{% macro iso_weekday(day) -%}
    ({{ days_between(week_start(day), day) }} + 1)
{%- endmacro %}

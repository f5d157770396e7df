{#- Where a product is sold and stocked, and the periods for which that is told. -#}

{#- Periods of distribution; a week belongs to the month and the quarter that hold its Thursday. -#}
{% macro distribution_periods() -%}
    {{ return(['week', 'month', 'quarter']) }}
{%- endmacro %}

{% macro period_of_week(period, week_start) -%}
    {%- if period == 'week' -%}
        {{ week_start }}
    {%- else -%}
        cast({{ dbt.date_trunc(period, add_days(week_start, 3)) }} as date)
    {%- endif -%}
{%- endmacro %}

{#- `weeks_of_periods`: the weeks of every period in which any partner is known. -#}
{% macro weeks_of_periods() -%}
    weeks as (
        select week_start
        from {{ ref('int_weeks') }}
    ),

    weeks_of_periods as (
    {%- for period in distribution_periods() %}
        select
            '{{ period }}' as period,
            {{ period_of_week(period, 'week_start') }} as period_start,
            week_start
        from weeks
        {{ 'union all' if not loop.last }}
    {%- endfor %}
    )
{%- endmacro %}

{#- Share of the turnover under which a weighted distribution rests on too few locations to be read alone. -#}
{% macro low_weighted_distribution() -%}
    {{ return(0.05) }}
{%- endmacro %}

{#- Rows of partners, and the same rows once more for all partners together (`partner_id` null). -#}
{% macro for_each_scope(relation, columns) -%}
    select partner_id as scope_partner_id, {{ columns | join(', ') }}
    from {{ relation }}
    union all
    select cast(null as {{ dbt.type_string() }}) as scope_partner_id, {{ columns | join(', ') }}
    from {{ relation }}
{%- endmacro %}

{#- What such a row tells of its scope: `scope`, and the partner if it is of one. -#}
{% macro scope_columns(relation) -%}
    case when {{ relation }}.scope_partner_id is null then 'all_partners' else 'partner' end as scope,
    {{ relation }}.scope_partner_id as partner_id
{%- endmacro %}

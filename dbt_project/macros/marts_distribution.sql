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

{#-
`unread_stock`: places of `panel`, products and weeks of whose last count a line was set aside, and which no other line of
that week counts. A line that tells no product may be of any that the place has met; one that tells no place, of any that
its feed counted then.
-#}
{% macro unread_stock(panel, weeks) -%}
    unread_counts as (
        select distinct
            places.partner_id,
            places.location_id,
            lines.product_id,
            weeks.week_start
        from {{ ref('unread_lines') }} as lines
        inner join {{ weeks }} as weeks
            on
                weeks.week_start <= lines.period_end
                and {{ add_days('weeks.week_start', 6) }} >= lines.period_start
        inner join {{ panel }} as places
            on
                lines.partner_id = places.partner_id
                and coalesce(lines.location_id, places.location_id) = places.location_id
        left join {{ ref('int_stock_snapshot_days') }} as days
            on
                lines.contract_id = days.contract_id
                and places.partner_id = days.partner_id
                and places.location_id = days.location_id
                and weeks.week_start = days.week_start
                and days.is_last
        where
            lines.kind = 'stock'
            and lines.has_location
            -- a later count takes the place of what could not be read
            and coalesce(days.snapshot_on <= lines.period_end, true)
            and (lines.location_id is not null or days.snapshot_on >= lines.period_start)
    ),

    met_products as (
        select lines.partner_id, lines.location_id, lines.product_id, min(lines.week_start) as first_week_start
        from (
            select partner_id, location_id, product_id, week_start from {{ ref('int_weekly_sell_out') }}
            union all
            select partner_id, location_id, product_id, week_start from {{ ref('int_weekly_stock') }}
        ) as lines
        inner join (select distinct partner_id, location_id from unread_counts where product_id is null) as unread
            on lines.partner_id = unread.partner_id and lines.location_id = unread.location_id
        group by lines.partner_id, lines.location_id, lines.product_id
    ),

    unread_products as (
        select partner_id, location_id, product_id, week_start
        from unread_counts
        where product_id is not null
        union
        select met_products.partner_id, met_products.location_id, met_products.product_id, unread_counts.week_start
        from unread_counts
        inner join met_products
            on
                unread_counts.partner_id = met_products.partner_id
                and unread_counts.location_id = met_products.location_id
                and unread_counts.week_start >= met_products.first_week_start
        where unread_counts.product_id is null
    ),

    unread_stock as (
        select unread_products.*
        from unread_products
        left join {{ ref('int_weekly_stock') }} as counted
            on
                {{ same_keys('unread_products', 'counted', ['partner_id', 'location_id', 'product_id', 'week_start']) }}
        where counted.partner_id is null
    )
{%- endmacro %}

{#- The trailing window by which reports are expected and estimated. -#}

{#- Delivered periods of a feed that are looked back on. -#}
{% macro trailing_periods() -%}
    {{ return(8) }}
{%- endmacro %}

{#- The numbers from 1 to the length of the trailing window, column `step`. -#}
{% macro trailing_steps() -%}
    {%- for step in range(1, trailing_periods() + 1) %}
    select {{ step }} as step
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#-
CTEs: `missing`, the reports that are missing, numbered, with the numbers of their places and products; `periods` of their
feeds; and `windows`, one row a missing period and delivered period that is looked back on for it.
-#}
{% macro windows_of_missing_reports() -%}
    steps as (
        {{ trailing_steps() }}
    ),

    missing as (
        select
            reports.*,
            row_number() over (
                order by
                    reports.contract_id, reports.partner_id, reports.period_start, reports.location_id,
                    reports.product_id
            ) as report_number,
            places.place_number,
            products.product_number
        from {{ ref('missing_sell_out') }} as reports
        left join {{ ref('sell_out_places') }} as places
            on
                reports.level <> 'partner'
                and reports.contract_id = places.contract_id
                and reports.partner_id = places.partner_id
                and coalesce(reports.location_id, '') = coalesce(places.location_id, '')
        left join {{ ref('sell_out_products') }} as products
            on reports.product_id = products.product_id
    ),

    -- a day is compared with the same weekday, a longer period with those before it
    periods as (
        select
            periods.contract_id,
            periods.partner_id,
            periods.period_start,
            periods.period_end,
            periods.delivered_number,
            case when feeds.unit = 'd' and feeds.every = 1
                then {{ days_between("cast('1970-01-05' as date)", 'periods.period_start') }}
                else periods.delivered_before + 1
            end as place_in_time,
            case when feeds.unit = 'd' and feeds.every = 1 then 7 else 1 end as stride
        from {{ ref('sell_out_periods') }} as periods
        inner join {{ ref('feed_cadence') }} as feeds
            on periods.contract_id = feeds.contract_id
    ),

    windows as (
        select
            awaited.contract_id,
            awaited.period_start,
            recent.delivered_number,
            recent.period_start as recent_start,
            recent.period_end as recent_end
        from (
            select distinct periods.*
            from periods
            inner join missing
                on periods.contract_id = missing.contract_id and periods.period_start = missing.period_start
        ) as awaited
        cross join steps
        inner join periods as recent
            on
                awaited.contract_id = recent.contract_id
                and awaited.place_in_time - awaited.stride * steps.step = recent.place_in_time
        where recent.delivered_number is not null
    )
{%- endmacro %}

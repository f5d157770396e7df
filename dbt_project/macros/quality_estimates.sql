{#- Constants of the estimates of missing sell-out, and the bounds that they are given; docs/decisions/estimates.md. -#}

{#- Units of a flat season that are added to what was seen of a product in a week: few sales bend it little. -#}
{% macro seasonal_prior_units() -%}
    {{ return(20) }}
{%- endmacro %}

{#- Intervals without a gap by which the error of a stock balance is known. -#}
{% macro balance_intervals() -%}
    {{ return(20) }}
{%- endmacro %}

{#- Standard deviations within which four of five values of a normal distribution lie, and below which they do. -#}
{% macro deviations_around() -%}
    {{ return(1.2816) }}
{%- endmacro %}

{% macro deviations_below() -%}
    {{ return(0.8416) }}
{%- endmacro %}

{#- What whole units add to the upper bound of a few of them, by trial. -#}
{% macro count_step() -%}
    {{ return(0.25) }}
{%- endmacro %}

{#-
Share by which months differ at least, by trial: for their working days, 19 to 23 of them, and for what a window of 8 cannot
show of a feed whose own sales are part of the season that they are compared with.
-#}
{% macro month_deviation() -%}
    {{ return(0.075) }}
{%- endmacro %}

{#- Whether two relations speak of the same missing report and product. -#}
{% macro same_slice(left, right) -%}
    {{ left }}.contract_id = {{ right }}.contract_id
        and {{ left }}.partner_id = {{ right }}.partner_id
        and coalesce({{ left }}.location_id, '') = coalesce({{ right }}.location_id, '')
        and {{ left }}.product_id = {{ right }}.product_id
        and {{ left }}.period_start = {{ right }}.period_start
{%- endmacro %}

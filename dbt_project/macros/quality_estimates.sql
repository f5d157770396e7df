{#- Constants of the estimates of missing sell-out, and the bounds that they are given; docs/decisions/estimates.md. -#}

{#-
Units of a flat season that are added to what was seen of a product in a week: few sales bend it little. The season is then
the mean of a gamma distribution of as many units as were seen and added, and its relative variance one over them.
-#}
{% macro seasonal_prior_units() -%}
    {{ return(20) }}
{%- endmacro %}

{#- Intervals without a gap by which the error of a stock balance is known. -#}
{% macro balance_intervals() -%}
    {{ return(20) }}
{%- endmacro %}

{#- Class of stock that errs alike: what is counted doubles every two classes. -#}
{% macro stock_size(units) -%}
    case when {{ units }} > 1 then cast(floor(2 * ln({{ units }}) / ln(2)) as integer) else 0 end
{%- endmacro %}

{#-
Whether an error lies within bounds that leave out `share` on its side: of n intervals seen, the next one is out by more than
the r-th farthest with probability r / (n + 1). `farther` of `all_intervals` are out by more, `intervals` by as much: these
count by half, so that bounds in whole units hold too few as often as too many.
-#}
{% macro is_within(share, farther) -%}
    {{ farther }} + 0.5 * intervals + 1 >= {{ share }} * (all_intervals + 1)
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
Share by which months stray at least, by trial: a partner that grows slower than the others has moved away from their season
by the middle of its window, and 8 months tell too little of it.
-#}
{% macro month_deviation() -%}
    {{ return(0.03) }}
{%- endmacro %}

{#- Whether two relations speak of the same missing report and product. -#}
{% macro same_slice(left, right) -%}
    {{ left }}.contract_id = {{ right }}.contract_id
        and {{ left }}.partner_id = {{ right }}.partner_id
        and coalesce({{ left }}.location_id, '') = coalesce({{ right }}.location_id, '')
        and {{ left }}.product_id = {{ right }}.product_id
        and {{ left }}.period_start = {{ right }}.period_start
{%- endmacro %}

{#- Open days of each period of a feed, column `days`. -#}
{% macro lengths_of_periods() -%}
    select contract_id, period_start, sum(days) as days
    from {{ ref('open_days') }}
    group by contract_id, period_start
{%- endmacro %}

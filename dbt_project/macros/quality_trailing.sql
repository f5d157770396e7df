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

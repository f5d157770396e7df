{#- What the availability of a shelf adds up from, over days, places and partners. -#}
{% macro summed_availability() -%}
    {%- for measure in ['known_days', 'out_of_stock_days', 'lost_sales_units', 'out_of_stock_days_without_loss'] %}
        sum({{ measure }}) as {{ measure }},
    {%- endfor %}
        {{ add_completeness_parts() }}
{%- endmacro %}

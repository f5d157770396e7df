{#- A whole number below 2^40 that equal rows share: sums of it do not depend on the order of rows, nor overflow. -#}
{% macro row_hash(columns) -%}
    {{ return(adapter.dispatch('row_hash')(columns)) }}
{%- endmacro %}

{% macro default__row_hash(columns) -%}
    cast(hash({{ columns | join(', ') }}) % 1099511627689 as bigint)
{%- endmacro %}

{% macro spark__row_hash(columns) -%}
    pmod(xxhash64({{ columns | join(', ') }}), 1099511627689)
{%- endmacro %}

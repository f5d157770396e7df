{#- Every code that a sales feed sends, once a feed; the base of all matching and of master rows where no master feed exists. -#}
{% macro sales_kinds() -%}
    {{ return(['sell_in', 'sell_out', 'stock']) }}
{%- endmacro %}

{#- True where at least one delivery of the master kind has arrived: from then on codes that it lacks are unmatched. -#}
{% macro has_feed(kind) -%}
    exists (select 1 from {{ ref('stg_deliveries') }} where kind = '{{ kind }}' and not is_withdrawn)
{%- endmacro %}

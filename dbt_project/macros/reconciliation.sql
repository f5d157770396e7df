{#- What the models of the roll-forward share: the stock key of a line, causes in their order, evidence as JSON. -#}

{#-
Lines of a sales kind that count, each with the stock key that it moves: `key_number`, `scope_number`. A line of a
partner x product that is reconciled at partner level belongs to its one key, wherever it was sold.
-#}
{% macro lines_of_stock_keys(kind) -%}
    (
    {%- for level in ['location', 'partner'] %}
        select
            keys.key_number,
            keys.scope_number,
            lines.*
        from {{ ref('stg_' ~ kind) }} as lines
        inner join {{ ref('int_stock_keys') }} as keys
            on
                lines.partner_id = keys.partner_id
                and lines.product_id = keys.product_id
                {%- if level == 'location' %}
                and lines.location_id = keys.location_id
                {%- endif %}
        where keys.level = '{{ level }}' and lines.line_class = 'accepted'
        {{ 'union all' if not loop.last }}
    {%- endfor %}
    )
{%- endmacro %}

{#- Snapshots after the last news of a product during which it is still expected in the stock. -#}
{% macro expected_snapshots() -%}
    {{ return(8) }}
{%- endmacro %}

{#- Small losses of a key that make shrinkage of them, and the snapshots on either side within which they count. -#}
{% macro recurrent_losses() -%}
    {{ return(3) }}
{%- endmacro %}

{% macro snapshots_around() -%}
    {{ return(12) }}
{%- endmacro %}

{#- Places of a family that may vary in an interval for a loss and a smaller gain to be held for a transfer. -#}
{% macro transfer_places() -%}
    {{ return(3) }}
{%- endmacro %}

{#-
Causes of a variance beyond tolerance, in the order in which they are tried: cause, flag of `int_variance_evidence`,
confidence. What proves itself by figures comes before what is only plausible, and what two intervals prove before what
one does; the reasons stand in docs/causes.md.
-#}
{% macro variance_causes() -%}
    {{ return([
        ('returns', 'is_returned', 0.95),
        ('timing', 'is_reversed and (is_window or is_document)', 0.95),
        ('missing_sell_out', 'is_short and missing_periods is not null', 0.8),
        ('unit_error', 'unit_error_in is not null', 0.9),
        ('unit_error', 'is_counted_in_other_unit', 0.85),
        ('duplicate_sell_out', 'is_repeated_day', 0.9),
        ('misrouted', 'is_only_sibling', 0.9),
        ('timing', 'is_shiftable', 0.8),
        ('misrouted', 'sibling_id is not null', 0.7),
        ('timing', '(is_window or is_document) and not is_followed', 0.7),
        ('timing', 'is_document_in_part', 0.7),
        ('returns', 'is_returned_in_part', 0.6),
        ('duplicate_sell_out', 'is_repeated_sale', 0.6),
        ('missing_sell_out', 'is_short and missing_product_periods is not null', 0.6),
        ('unit_error', 'is_unit_error_in_part', 0.5),
        ('misrouted', 'is_sibling_in_part', 0.5),
        ('timing', 'is_window', 0.5),
        ('timing', 'is_crossed', 0.4),
        ('shrinkage', 'is_recurrent_loss', 0.6),
        ('unreported_receipt', 'not is_short and not is_reversed', 0.6),
        ('missing_sell_out', 'is_short and late_periods is not null', 0.3),
    ]) }}
{%- endmacro %}

{#- `expression` as text of SQL's own spelling. -#}
{% macro as_text(expression) -%}
    cast({{ expression }} as {{ dbt.type_string() }})
{%- endmacro %}

{#- A text as a JSON string. -#}
{% macro json_text(expression) -%}
    '"' || replace(replace({{ expression }}, chr(92), chr(92) || chr(92)), '"', chr(92) || '"') || '"'
{%- endmacro %}

{#- A JSON object of the members whose value is known; `members` are pairs of a name and an expression that is JSON. -#}
{% macro json_object(members) -%}
    '{' || substr(
        {%- for name, value in members %}
        coalesce(', "{{ name }}": ' || {{ value }}, ''){{ ' ||' if not loop.last }}
        {%- endfor %},
        3
    ) || '}'
{%- endmacro %}

{#- Distinct texts of a group as a JSON list, in order; null without any. -#}
{% macro json_list(expression, limit=none) -%}
    '[' || {{ dbt.listagg(json_text(expression), "', '", 'order by ' ~ expression, limit) }} || ']'
{%- endmacro %}

{#- What is told of a line that no figure counts: the same of all record kinds. -#}

{% macro columns_of_left_out_lines(kind) -%}
    {%- set no_units = 'cast(null as decimal(18, 4))' -%}
    {%- set first_day, last_day, units, free_units, adjustment_units = {
        'sell_in': ['receipt_date', 'receipt_date', 'units', 'free_units', no_units],
        'sell_out': ['period_start', 'period_end', 'units', no_units, no_units],
        'stock': ['snapshot_date', 'snapshot_date', 'on_hand_units', no_units, 'adjustment_units'],
    }[kind] -%}
        '{{ kind }}' as kind,
        delivery_id,
        line_number,
        partner_id,
        location_id,
        product_id,
        {{ first_day }} as first_day,
        {{ last_day }} as last_day,
        {{ units }} as units,
        {{ free_units }} as free_units,
        {{ adjustment_units }} as adjustment_units
{%- endmacro %}

with explained as (
    select
        keys.location_id,
        keys.product_id,
        keys.level,
        intervals.*,
        scope_gaps.missing_periods,
        product_gaps.missing_periods as missing_product_periods,
        scope_gaps.late_periods,
        one_end.location_ids as locations_at_one_end,
        varied.key_number is not null as is_varied,
        varied.former_variance_units,
        varied.next_variance_units,
        varied.is_short,
        varied.is_followed,
        varied.is_reversed,
        varied.is_shiftable,
        varied.is_window,
        varied.is_document,
        varied.is_document_in_part,
        varied.is_returned,
        varied.is_returned_in_part,
        varied.credited_on,
        varied.gone_on,
        varied.is_crossed,
        varied.units_per_case,
        varied.unit_error_in,
        varied.is_counted_in_other_unit,
        varied.is_repeated_day,
        varied.is_repeated_sale,
        varied.is_unit_error_in_part,
        varied.unit_error_in is not null or varied.is_counted_in_other_unit or varied.is_unit_error_in_part
            as has_unit_error,
        varied.repeated_day,
        varied.repeated_delivery_id,
        varied.other_unit_units,
        varied.sibling_id,
        varied.is_only_sibling,
        varied.is_sibling_in_part,
        varied.is_recurrent_loss,
        varied.losses_around
    from {{ ref('int_stock_intervals') }} as intervals
    inner join {{ ref('int_stock_keys') }} as keys
        on intervals.key_number = keys.key_number
    left join {{ ref('int_variance_evidence') }} as varied
        on intervals.key_number = varied.key_number and intervals.cut_number = varied.cut_number
    left join {{ ref('int_stock_missing_periods') }} as scope_gaps
        on
            intervals.scope_number = scope_gaps.scope_number
            and intervals.cut_number = scope_gaps.cut_number
            and scope_gaps.product_id is null
    left join {{ ref('int_stock_missing_periods') }} as product_gaps
        on
            intervals.scope_number = product_gaps.scope_number
            and intervals.cut_number = product_gaps.cut_number
            and keys.product_id = product_gaps.product_id
    left join {{ ref('int_stock_locations_at_one_end') }} as one_end
        on intervals.key_number = one_end.key_number and intervals.cut_number = one_end.cut_number
),

judged as (
    select
        explained.*,
        case
            when variance_units = 0 then 'balanced'
            when opening_units is null then 'opening_unknown'
            when closing_units is null then 'closing_unknown'
            when abs(variance_units) <= tolerance_units then 'within_tolerance'
        {%- for cause, flag, confidence in variance_causes() %}
            when {{ flag }} then '{{ cause }}'
        {%- endfor %}
            else 'unexplained'
        end as cause,
        case
            when not is_varied then cast(1 as double)
        {%- for cause, flag, confidence in variance_causes() %}
            when {{ flag }} then cast({{ confidence }} as double)
        {%- endfor %}
            else cast(0 as double)
        end as confidence,
        case when is_varied then '[' || substr(
        {%- for cause, rules in variance_causes() | groupby(0) %}
            coalesce(', {"cause": "{{ cause }}", "confidence": ' || case
            {%- for _, flag, confidence in rules %}
                when {{ flag }} then '{{ confidence }}'
            {%- endfor %}
            end || '}', ''){{ ' ||' if not loop.last }}
        {%- endfor %},
            3
        ) || ']' end as candidates
    from explained
)

select
    partner_id,
    location_id,
    product_id,
    opening_on as opening_date,
    cut_on as closing_date,
    opening_units,
    received_units,
    returned_units,
    sell_out_units,
    adjustment_units,
    expected_units as expected_closing_units,
    closing_units as reported_closing_units,
    variance_units,
    cause,
    confidence,
    {{ json_object([
        ('candidates', 'candidates'),
        ('tolerance_units', as_text('cast(nullif(tolerance_units, 0) as decimal(18, 4))')),
        ('next_variance_units', as_text('next_variance_units')),
        ('former_variance_units', as_text('former_variance_units')),
        ('late_window_units', as_text('nullif(late_window_units, 0)')),
        ('in_transit_units', as_text('nullif(in_transit_units, 0)')),
        ('crossing_lines', as_text('nullif(crossing_lines, 0)')),
        ('missing_periods', 'missing_periods'),
        ('missing_product_periods', 'missing_product_periods'),
        ('late_periods', 'late_periods'),
        ('locations_at_one_end', 'locations_at_one_end'),
        ('units_per_case', as_text('case when has_unit_error then units_per_case end')),
        ('unit_error_in', json_text('unit_error_in')),
        ('other_unit_units', as_text('other_unit_units')),
        ('repeated_day', json_text('repeated_day')),
        ('repeated_delivery_id', json_text('repeated_delivery_id')),
        ('sibling_id', json_text('sibling_id')),
        ('gone_on', json_text(as_text('gone_on'))),
        ('credited_on', json_text(as_text('credited_on'))),
        ('small_losses_around', as_text('case when is_recurrent_loss then losses_around end')),
    ]) }} as evidence,
    level,
    closing_week,
    cast(tolerance_units as decimal(18, 4)) as tolerance_units
from judged

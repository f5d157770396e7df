{#- built after what tells of its lines (macros/by_unit.sql), and not made of it -#}
{%- if not execute %}{{ ref('stg_delivery_weeks') }}{% endif -%}
with lines as (
    select * from ({{ matched_lines('stock', 'snapshot_date') }}) as matched
)

select
    feed_contract_id as contract_id,
    delivery_id,
    line_number,
    received_at,
    file_name,
    partner_id,
    partner_code,
    location_code,
    location_id,
    product_code,
    label,
    product_id,
    snapshot_date,
    -- a count at the start of the day is what the close of the day before left
    case when snapshot_taken = 'start_of_day' then {{ add_days('snapshot_date', -1) }} else snapshot_date end
        as snapshot_on,
    {{ week_start('snapshot_date') }} as week_start,
    cast(on_hand_units * coalesce(units_factor, 1) as decimal(18, 4)) as on_hand_units,
    cast(in_transit_units * coalesce(units_factor, 1) as decimal(18, 4)) as in_transit_units,
    cast(on_order_units * coalesce(units_factor, 1) as decimal(18, 4)) as on_order_units,
    cast(adjustment_units * coalesce(units_factor, 1) as decimal(18, 4)) as adjustment_units,
    line_class,
    is_restatement,
    is_conflict,
    case when is_conflict then line_key end as conflict_key,
    unmatched_reason
from lines

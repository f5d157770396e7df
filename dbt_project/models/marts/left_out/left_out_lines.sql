select
    kind,
    delivery_id,
    line_number,
    cast(1 as bigint) as lines,
    partner_id,
    location_id,
    product_id,
    first_day,
    last_day,
    units,
    free_units,
    adjustment_units,
    line_class,
    reason,
    cast(null as {{ dbt.type_string() }}) as raw_line
from {{ ref('int_left_out_lines') }}
union all
select
    kind,
    delivery_id,
    line_number,
    lines,
    partner_id,
    location_id,
    product_id,
    first_day,
    last_day,
    units,
    free_units,
    adjustment_units,
    line_class,
    reason,
    raw_line
from {{ ref('int_other_left_out_lines') }}

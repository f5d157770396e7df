{#- The variance that a quantity causes where the partner counted cases for units, or units for cases. -#}
{%- set unit_errors = [
    ('closing stock in cases', 'closing_units', '1 - varied.units_per_case'),
    ('opening stock in cases', 'opening_units', 'varied.units_per_case - 1'),
    ('sell-out in cases', 'sell_out_units', '1 - varied.units_per_case'),
    ('closing stock in units', 'closing_units', '1 - 1 / varied.units_per_case'),
    ('opening stock in units', 'opening_units', '1 / varied.units_per_case - 1'),
    ('sell-out in units', 'sell_out_units', '1 - 1 / varied.units_per_case'),
] -%}

with neighbours as (
    select
        intervals.*,
        received_units + returned_units + abs(sell_out_units) as moved_units,
        lag(cut_number) over (partition by key_number order by cut_number) as former_cut_number,
        lag(variance_units) over (partition by key_number order by cut_number) as former_variance_units,
        lag(received_units + returned_units + abs(sell_out_units)) over (partition by key_number order by cut_number)
            as former_moved_units,
        lead(cut_number) over (partition by key_number order by cut_number) as next_cut_number,
        lead(variance_units) over (partition by key_number order by cut_number) as next_variance_units,
        lead(received_units + returned_units + abs(sell_out_units)) over (partition by key_number order by cut_number)
            as next_moved_units
    from {{ ref('int_stock_intervals') }} as intervals
),

varied as (
    select
        neighbours.key_number,
        neighbours.scope_number,
        neighbours.cut_number,
        neighbours.opening_on,
        neighbours.cut_on,
        neighbours.variance_units,
        neighbours.late_window_units,
        neighbours.in_transit_units,
        neighbours.crossing_lines,
        neighbours.crossing_units,
        neighbours.moved_units,
        case when neighbours.former_cut_number = neighbours.cut_number - 1 then neighbours.former_variance_units end
            as former_variance_units,
        neighbours.former_moved_units,
        case when neighbours.next_cut_number = neighbours.cut_number + 1 then neighbours.next_variance_units end
            as next_variance_units,
        neighbours.next_moved_units,
        keys.family_id,
        keys.partner_id,
        keys.location_id,
        keys.product_id,
        case when keys.units_per_case > 1 then cast(keys.units_per_case as double) end as units_per_case,
        cast(neighbours.variance_units as double) as variance,
        cast(neighbours.opening_units as double) as opening_units,
        cast(neighbours.closing_units as double) as closing_units,
        cast(neighbours.sell_out_units as double) as sell_out_units,
        -- what may remain unexplained: the tolerance, and never more than a tenth of the variance
        least(cast(neighbours.tolerance_units as double), abs(cast(neighbours.variance_units as double)) / 10) + 0.00005
            as residual_units
    from neighbours
    inner join {{ ref('int_stock_keys') }} as keys
        on neighbours.key_number = keys.key_number
    where abs(neighbours.variance_units) > neighbours.tolerance_units
),

documents as (
    select distinct varied.key_number, varied.cut_number
    from varied
    inner join {{ ref('int_stock_receipt_shifts') }} as shifts
        on
            varied.key_number = shifts.key_number
            and varied.cut_number = shifts.cut_number
            and varied.variance_units = shifts.variance_units
),

family_variances as (
    select
        family_id,
        product_id,
        opening_on,
        cut_on,
        variance_units,
        count(*) as members,
        min(coalesce(location_id, partner_id)) as first_id
    from varied
    group by family_id, product_id, opening_on, cut_on, variance_units
),

opposites as (
    select
        mine.family_id,
        mine.product_id,
        mine.opening_on,
        mine.cut_on,
        mine.variance_units,
        opposite.first_id as sibling_id,
        mine.members = 1 and opposite.members = 1 as is_only_sibling
    from family_variances as mine
    inner join family_variances as opposite
        on
            mine.family_id = opposite.family_id
            and mine.product_id = opposite.product_id
            and mine.opening_on = opposite.opening_on
            and mine.cut_on = opposite.cut_on
            and mine.variance_units = -opposite.variance_units
)

select
    varied.key_number,
    varied.cut_number,
    varied.former_variance_units,
    varied.next_variance_units,
    varied.variance_units < 0 as is_short,
    varied.next_variance_units is not null as is_followed,
    coalesce(varied.variance_units = -varied.next_variance_units, false)
    or coalesce(varied.variance_units = -varied.former_variance_units, false) as is_reversed,
    -- only what moved in one of the two intervals can have moved across the snapshot between them
    coalesce(
        varied.variance_units = -varied.next_variance_units
        and abs(varied.variance_units) <= greatest(varied.moved_units, varied.next_moved_units),
        false
    )
    or coalesce(
        varied.variance_units = -varied.former_variance_units
        and abs(varied.variance_units) <= greatest(varied.moved_units, varied.former_moved_units),
        false
    ) as is_shiftable,
    varied.variance_units = -varied.late_window_units or varied.variance_units = varied.in_transit_units as is_window,
    documents.key_number is not null as is_document,
    varied.crossing_lines > 0 and abs(varied.variance_units) <= varied.crossing_units as is_crossed,
    varied.units_per_case,
    case
    {%- for name, quantity, share in unit_errors %}
        when abs(varied.variance - varied.{{ quantity }} * ({{ share }})) <= varied.residual_units then '{{ name }}'
    {%- endfor %}
    end as unit_error_in,
    coalesce(sales.is_repeated_day, false) as is_repeated_day,
    coalesce(sales.is_repeated_sale, false) as is_repeated_sale,
    coalesce(sales.is_unit_error_in_part, false) as is_unit_error_in_part,
    sales.repeated_day,
    sales.repeated_delivery_id,
    sales.other_unit_units,
    opposites.sibling_id,
    opposites.is_only_sibling
from varied
left join documents
    on varied.key_number = documents.key_number and varied.cut_number = documents.cut_number
left join {{ ref('int_variance_sales') }} as sales
    on varied.key_number = sales.key_number and varied.cut_number = sales.cut_number
left join opposites
    on
        varied.family_id = opposites.family_id
        and varied.product_id = opposites.product_id
        and varied.opening_on = opposites.opening_on
        and varied.cut_on = opposites.cut_on
        and varied.variance_units = opposites.variance_units

{#- The variance that a quantity causes where the partner counted cases for units, or units for cases. -#}
{%- set unit_errors = [
    ('closing stock in cases', 'closing', '1 - varied.units_per_case'),
    ('opening stock in cases', 'opening', 'varied.units_per_case - 1'),
    ('sell-out in cases', 'sell_out', '1 - varied.units_per_case'),
    ('closing stock in units', 'closing', '1 - 1 / varied.units_per_case'),
    ('opening stock in units', 'opening', '1 / varied.units_per_case - 1'),
    ('sell-out in units', 'sell_out', '1 - 1 / varied.units_per_case'),
] -%}

with varied as (
    select
        variances.*,
        keys.family_id,
        coalesce(keys.location_id, keys.partner_id) as place_id,
        keys.product_id,
        case when keys.units_per_case > 1 then cast(keys.units_per_case as double) end as units_per_case,
        {%- for quantity in ['variance', 'opening', 'closing', 'sell_out'] %}
        cast(variances.{{ quantity }}_units as double) as {{ quantity }},
        {%- endfor %}
        -- what may remain unexplained: the tolerance, and never more than a tenth of the variance
        least(cast(variances.tolerance_units as double), abs(cast(variances.variance_units as double)) / 10) + 0.00005
            as residual_units
    from {{ ref('int_variances') }} as variances
    inner join {{ ref('int_stock_keys') }} as keys
        on variances.key_number = keys.key_number
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

-- the next interval takes a document back that hides behind something else in this one
documents_in_part as (
    select varied.key_number, varied.cut_number
    from varied
    inner join {{ ref('int_stock_receipt_shifts') }} as shifts
        on
            varied.key_number = shifts.key_number
            and varied.cut_number = shifts.cut_number
            and varied.next_variance_units = -shifts.variance_units
    where shifts.shift = 'late'
    union
    select varied.key_number, varied.cut_number
    from varied
    inner join {{ ref('int_stock_receipt_shifts') }} as shifts
        on
            varied.key_number = shifts.key_number
            and varied.cut_number = shifts.cut_number + 1
            and varied.variance_units = -shifts.variance_units
    where shifts.shift = 'late' and varied.former_variance_units < 0
),

family_variances as (
    select
        family_id,
        product_id,
        opening_on,
        cut_on,
        variance_units,
        count(*) as members,
        min(place_id) as first_id
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
),

-- what one place lost beside other things, another one may have got: only where hardly any other varies
family_extremes as (
    select
        key_number,
        cut_number,
        count(*) over (partition by family_id, product_id, opening_on, cut_on) as members,
        max(variance_units) over (
            partition by family_id, product_id, opening_on, cut_on
            order by abs(variance_units)
            range between unbounded preceding and current row
        ) as largest_gain,
        min(variance_units) over (partition by family_id, product_id, opening_on, cut_on) as largest_loss
    from varied
),

fitted as (
    select
        key_number,
        cut_number,
        next_variance_units is not null as is_followed,
        lead(cut_number) over (partition by key_number order by cut_number) as next_cut_number,
        case
        {%- for name, quantity, share in unit_errors %}
            when abs(varied.variance - varied.{{ quantity }} * ({{ share }})) <= varied.residual_units then '{{ name }}'
        {%- endfor %}
        end as fitting
    from varied
),

followed as (
    select
        fitted.*,
        lead(fitting) over (partition by key_number order by cut_number) as next_fitting
    from fitted
),

-- a count in another unit leaves its mark on the next interval too: one that does not fits by chance
by_unit as (
    select
        key_number,
        cut_number,
        case
            when
                fitting not like 'closing stock%'
                or not is_followed
                or (next_cut_number = cut_number + 1 and next_fitting like 'opening stock%')
                then fitting
        end as unit_error_in
    from followed
),

-- a count that one of its two intervals proves to be in another unit is so for the other one too
counts_in_other_unit as (
    select key_number, cut_number - 1 as cut_number
    from by_unit
    where unit_error_in like 'opening stock%'
    union
    select key_number, cut_number + 1 as cut_number
    from by_unit
    where unit_error_in like 'closing stock%'
)

select
    varied.partner_id,
    varied.key_number,
    varied.cut_number,
    varied.closing_week,
    varied.former_variance_units,
    varied.next_variance_units,
    varied.variance_units < 0 as is_short,
    varied.next_variance_units is not null as is_followed,
    coalesce(varied.variance_units = -varied.next_variance_units, false)
    or coalesce(varied.variance_units = -varied.former_variance_units, false) as is_reversed,
    -- only what moved in one of the two intervals can have moved across the snapshot between them, and what is booked
    -- late is missing first
    {%- for name, short in [('next', 'variance_units'), ('former', 'former_variance_units')] %}
    {{ 'or ' if not loop.first }}coalesce(
        varied.variance_units = -varied.{{ name }}_variance_units
        and varied.{{ short }} < 0
        and abs(varied.variance_units) <= greatest(varied.moved_units, varied.{{ name }}_moved_units),
        false
    ){{ ' as is_shiftable,' if loop.last }}
    {%- endfor %}
    varied.variance_units = -varied.late_window_units or varied.variance_units = varied.in_transit_units as is_window,
    documents.key_number is not null as is_document,
    documents_in_part.key_number is not null as is_document_in_part,
    coalesce(returns.is_exact, false) as is_returned,
    returns.key_number is not null and not returns.is_exact as is_returned_in_part,
    returns.credited_on,
    returns.gone_on,
    varied.crossing_lines > 0 and abs(varied.variance_units) <= varied.crossing_units as is_crossed,
    varied.units_per_case,
    by_unit.unit_error_in,
    counts_in_other_unit.key_number is not null as is_counted_in_other_unit,
    coalesce(sales.is_repeated_day, false) as is_repeated_day,
    coalesce(sales.is_repeated_sale, false) as is_repeated_sale,
    coalesce(sales.is_unit_error_in_part, false) as is_unit_error_in_part,
    sales.repeated_day,
    sales.repeated_delivery_id,
    sales.other_unit_units,
    opposites.sibling_id,
    opposites.is_only_sibling,
    extremes.members <= {{ transfer_places() }}
    and case
        when varied.variance_units < 0 then extremes.largest_gain > 0
        else -extremes.largest_loss >= varied.variance_units
    end as is_sibling_in_part,
    varied.is_recurrent_loss,
    varied.losses_around
from varied
inner join by_unit
    on varied.key_number = by_unit.key_number and varied.cut_number = by_unit.cut_number
inner join family_extremes as extremes
    on varied.key_number = extremes.key_number and varied.cut_number = extremes.cut_number
left join counts_in_other_unit
    on varied.key_number = counts_in_other_unit.key_number and varied.cut_number = counts_in_other_unit.cut_number
left join documents
    on varied.key_number = documents.key_number and varied.cut_number = documents.cut_number
left join documents_in_part
    on varied.key_number = documents_in_part.key_number and varied.cut_number = documents_in_part.cut_number
left join {{ ref('int_variance_returns') }} as returns
    on varied.key_number = returns.key_number and varied.cut_number = returns.cut_number
left join {{ ref('int_variance_sales') }} as sales
    on varied.key_number = sales.key_number and varied.cut_number = sales.cut_number
left join opposites
    on
        varied.family_id = opposites.family_id
        and varied.product_id = opposites.product_id
        and varied.opening_on = opposites.opening_on
        and varied.cut_on = opposites.cut_on
        and varied.variance_units = opposites.variance_units

{#- The variance that a quantity causes where the partner counted cases for units, or units for cases. -#}
{%- set unit_errors = [
    ('closing stock in cases', 'closing_units', '1 - varied.units_per_case'),
    ('opening stock in cases', 'opening_units', 'varied.units_per_case - 1'),
    ('sell-out in cases', 'sell_out_units', '1 - varied.units_per_case'),
    ('closing stock in units', 'closing_units', '1 - 1 / varied.units_per_case'),
    ('opening stock in units', 'opening_units', '1 / varied.units_per_case - 1'),
    ('sell-out in units', 'sell_out_units', '1 - 1 / varied.units_per_case'),
] -%}

with moved as (
    select
        intervals.*,
        received_units + returned_units + abs(sell_out_units) as moved_units,
        -- as little as a hand takes or a shelf loses
        case
            when variance_units < 0 and -variance_units <= greatest(2, 0.02 * (opening_units + received_units)) then 1
            else 0
        end as small_losses
    from {{ ref('int_stock_intervals') }} as intervals
    where
        intervals.key_number in (
            select out_of_tolerance.key_number
            from {{ ref('int_stock_intervals') }} as out_of_tolerance
            where abs(out_of_tolerance.variance_units) > out_of_tolerance.tolerance_units
        )
),

neighbours as (
    select
        moved.*,
        {%- for name, function in [('former', 'lag'), ('next', 'lead')] %}
        {{ function }}(cut_number) over (partition by key_number order by cut_number) as {{ name }}_cut_number,
        {{ function }}(variance_units) over (partition by key_number order by cut_number) as {{ name }}_units,
        {{ function }}(moved_units) over (partition by key_number order by cut_number) as {{ name }}_moved_units,
        {%- endfor %}
        sum(small_losses) over (
            partition by key_number
            order by cut_number
            rows between {{ snapshots_around() }} preceding and {{ snapshots_around() }} following
        ) as losses_around
    from moved
),

varied as (
    select
        neighbours.partner_id,
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
        neighbours.small_losses = 1 and neighbours.losses_around >= {{ recurrent_losses() }} as is_recurrent_loss,
        neighbours.losses_around,
        case when neighbours.former_cut_number = neighbours.cut_number - 1 then neighbours.former_units end
            as former_variance_units,
        neighbours.former_moved_units,
        case when neighbours.next_cut_number = neighbours.cut_number + 1 then neighbours.next_units end
            as next_variance_units,
        neighbours.next_moved_units,
        keys.family_id,
        coalesce(keys.location_id, keys.partner_id) as place_id,
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

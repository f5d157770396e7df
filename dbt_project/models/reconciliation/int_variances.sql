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
)

select
    partner_id,
    key_number,
    scope_number,
    cut_number,
    opening_on,
    cut_on,
    closing_week,
    opening_units,
    closing_units,
    sell_out_units,
    variance_units,
    tolerance_units,
    late_window_units,
    in_transit_units,
    crossing_lines,
    crossing_units,
    moved_units,
    {%- for name, step in [('former', -1), ('next', 1)] %}
    case when {{ name }}_cut_number = cut_number + {{ step }} then {{ name }}_units end as {{ name }}_variance_units,
    {{ name }}_moved_units,
    {%- endfor %}
    small_losses = 1 and losses_around >= {{ recurrent_losses() }} as is_recurrent_loss,
    losses_around
from neighbours
where abs(variance_units) > tolerance_units

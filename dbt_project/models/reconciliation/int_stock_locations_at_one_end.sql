with present as (
    select distinct
        keys.partner_id,
        keys.key_number,
        keys.scope_number,
        cuts.cut_number,
        lines.location_id
    from {{ ref('stg_stock') }} as lines
    inner join {{ ref('int_stock_keys') }} as keys
        on lines.partner_id = keys.partner_id and lines.product_id = keys.product_id
    inner join {{ ref('int_stock_cuts') }} as cuts
        on keys.scope_number = cuts.scope_number and lines.snapshot_on = cuts.cut_on
    where lines.line_class = 'accepted' and keys.level = 'partner' and lines.location_id is not null
),

reporting as (
    select distinct scope_number, location_id, cut_number
    from present
),

neighbours as (
    select
        present.*,
        lag(cut_number) over (partition by key_number, location_id order by cut_number) as former_cut_number,
        lead(cut_number) over (partition by key_number, location_id order by cut_number) as next_cut_number
    from present
),

-- at the closing only: closes the interval of this snapshot; at the opening only: opens that of the next one
at_one_end as (
    select partner_id, key_number, scope_number, location_id, cut_number, cut_number - 1 as absent_cut_number
    from neighbours
    where former_cut_number is null or former_cut_number < cut_number - 1
    union all
    select
        partner_id,
        key_number,
        scope_number,
        location_id,
        cut_number + 1 as cut_number,
        cut_number + 1 as absent_cut_number
    from neighbours
    where next_cut_number is null or next_cut_number > cut_number + 1
)

select
    at_one_end.partner_id,
    at_one_end.key_number,
    at_one_end.cut_number,
    closing.closing_week,
    {{ json_list('at_one_end.location_id', 20) }} as location_ids
from at_one_end
inner join {{ ref('int_stock_cuts') }} as cuts
    on at_one_end.scope_number = cuts.scope_number and at_one_end.absent_cut_number = cuts.cut_number
inner join {{ ref('int_stock_cuts') }} as closing
    on at_one_end.scope_number = closing.scope_number and at_one_end.cut_number = closing.cut_number
left join reporting
    on
        at_one_end.scope_number = reporting.scope_number
        and at_one_end.location_id = reporting.location_id
        and at_one_end.absent_cut_number = reporting.cut_number
-- a complete report that leaves a product out says 0
where not (cuts.is_zero_if_absent and reporting.location_id is not null)
group by at_one_end.partner_id, at_one_end.key_number, at_one_end.cut_number, closing.closing_week

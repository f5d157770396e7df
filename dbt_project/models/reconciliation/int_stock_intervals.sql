-- depends_on: {{ ref('int_stock_weeks') }}
with reports as (
    select
        reports.partner_id,
        reports.key_number,
        reports.scope_number,
        cuts.cut_number,
        cast(sum(reports.on_hand_units) as decimal(18, 4)) as on_hand_units,
        cast(sum(reports.adjustment_units) as decimal(18, 4)) as adjustment_units
    from {{ ref('int_stock_reports') }} as reports
    inner join {{ ref('int_stock_cuts') }} as cuts
        on reports.scope_number = cuts.scope_number and reports.snapshot_on = cuts.cut_on
    group by reports.partner_id, reports.key_number, reports.scope_number, cuts.cut_number
),

movements as (
    select
        key_number,
        cut_number,
        sum(received_units) as received_units,
        sum(returned_units) as returned_units,
        sum(sell_out_units) as sell_out_units,
        sum(late_window_units) as late_window_units,
        sum(in_transit_units) as in_transit_units,
        sum(crossing_units) as crossing_units,
        cast(sum(crossing_lines) as bigint) as crossing_lines
    from {{ ref('int_stock_movements') }}
    group by key_number, cut_number
),

news as (
    select key_number, cut_number from reports
    union
    select key_number, cut_number from movements
),

news_and_next as (
    select
        key_number,
        cut_number,
        lead(cut_number) over (partition by key_number order by cut_number) as next_cut_number
    from news
),

steps as (
{%- for step in range(1, expected_snapshots() + 1) %}
    select {{ step }} as step
    {{ 'union all' if not loop.last }}
{%- endfor %}
),

-- a product without news stays expected for a while: each snapshot of that time closes an interval
expected as (
    select key_number, cut_number from news
    union all
    select
        news_and_next.key_number,
        news_and_next.cut_number + steps.step as cut_number
    from news_and_next
    inner join steps
        on news_and_next.cut_number + steps.step < coalesce(news_and_next.next_cut_number, 9223372036854775807)
    where news_and_next.next_cut_number is null or news_and_next.next_cut_number > news_and_next.cut_number + 1
),

unread_lines as (
    select distinct partner_id, location_id, product_id, period_start, period_end
    from {{ ref('unread_lines') }}
    where kind = 'stock'
),

unread_keys as (
    select keys.key_number, keys.scope_number, lines.period_start, lines.period_end
    from {{ ref('int_stock_keys') }} as keys
    inner join unread_lines as lines
        on
            keys.partner_id = lines.partner_id
            and keys.product_id = lines.product_id
            and keys.location_id = lines.location_id
    union all
    select keys.key_number, keys.scope_number, lines.period_start, lines.period_end
    from {{ ref('int_stock_keys') }} as keys
    inner join unread_lines as lines
        on keys.partner_id = lines.partner_id and keys.product_id = lines.product_id
    where keys.location_id is null or lines.location_id is null
    union all
    select keys.key_number, keys.scope_number, lines.period_start, lines.period_end
    from {{ ref('int_stock_keys') }} as keys
    inner join unread_lines as lines
        on keys.partner_id = lines.partner_id
    where
        lines.product_id is null
        and (keys.location_id = lines.location_id or keys.location_id is null or lines.location_id is null)
),

-- counts of which a line was set aside: what is absent from them is unknown
unread as (
    select distinct
        unread_keys.key_number,
        cuts.cut_number
    from unread_keys
    inner join {{ ref('int_stock_cuts') }} as cuts
        on
            unread_keys.scope_number = cuts.scope_number
            and cuts.cut_on between unread_keys.period_start and unread_keys.period_end
),

bounded as (
    select
        first_reports.partner_id,
        expected.key_number,
        first_reports.scope_number,
        expected.cut_number,
        cuts.opening_on,
        cuts.cut_on,
        cuts.closing_week,
        cuts.is_zero_if_absent and unread.key_number is null as is_zero_if_absent,
        cuts.is_zero_if_absent_at_opening and unread_at_opening.key_number is null as is_zero_if_absent_at_opening,
        cuts.stock_tolerance
    from expected
    inner join {{ ref('int_stock_first_reports') }} as first_reports
        on expected.key_number = first_reports.key_number
    inner join {{ ref('int_stock_cuts') }} as cuts
        on first_reports.scope_number = cuts.scope_number and expected.cut_number = cuts.cut_number
    left join unread
        on expected.key_number = unread.key_number and expected.cut_number = unread.cut_number
    left join unread as unread_at_opening
        on
            expected.key_number = unread_at_opening.key_number
            and expected.cut_number = unread_at_opening.cut_number + 1
    where cuts.cut_on > first_reports.snapshot_on
),

measured as (
    select
        bounded.partner_id,
        bounded.key_number,
        bounded.scope_number,
        bounded.cut_number,
        bounded.opening_on,
        bounded.cut_on,
        bounded.closing_week,
        bounded.stock_tolerance,
        case
            when opening.key_number is not null then opening.on_hand_units
            when bounded.is_zero_if_absent_at_opening then 0
        end as opening_units,
        case
            when closing.key_number is not null then closing.on_hand_units
            when bounded.is_zero_if_absent then 0
        end as closing_units,
        coalesce(closing.adjustment_units, 0) as adjustment_units,
        coalesce(movements.received_units, 0) as received_units,
        coalesce(movements.returned_units, 0) as returned_units,
        coalesce(movements.late_window_units, 0) as late_window_units,
        coalesce(movements.in_transit_units, 0) as in_transit_units,
        coalesce(movements.sell_out_units, 0) as sell_out_units,
        coalesce(movements.crossing_units, 0) as crossing_units,
        coalesce(movements.crossing_lines, 0) as crossing_lines
    from bounded
    left join reports as opening
        on bounded.key_number = opening.key_number and bounded.cut_number = opening.cut_number + 1
    left join reports as closing
        on bounded.key_number = closing.key_number and bounded.cut_number = closing.cut_number
    left join movements
        on bounded.key_number = movements.key_number and bounded.cut_number = movements.cut_number
),

rolled as (
    select
        measured.*,
        opening_units + received_units - returned_units - sell_out_units + adjustment_units as expected_units
    from measured
)

select
    partner_id,
    key_number,
    scope_number,
    cut_number,
    opening_on,
    cut_on,
    closing_week,
    cast(opening_units as decimal(18, 4)) as opening_units,
    cast(received_units as decimal(18, 4)) as received_units,
    cast(returned_units as decimal(18, 4)) as returned_units,
    cast(sell_out_units as decimal(18, 4)) as sell_out_units,
    cast(adjustment_units as decimal(18, 4)) as adjustment_units,
    cast(expected_units as decimal(18, 4)) as expected_units,
    cast(closing_units as decimal(18, 4)) as closing_units,
    cast(closing_units - expected_units as decimal(18, 4)) as variance_units,
    case
        when opening_units + received_units > 0
            then cast(stock_tolerance as decimal(9, 6)) * cast(opening_units + received_units as decimal(18, 4))
        else 0
    end as tolerance_units,
    cast(late_window_units as decimal(18, 4)) as late_window_units,
    cast(in_transit_units as decimal(18, 4)) as in_transit_units,
    cast(crossing_units as decimal(18, 4)) as crossing_units,
    crossing_lines
from rolled

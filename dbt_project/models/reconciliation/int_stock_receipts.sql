select
    lines.partner_id,
    lines.key_number,
    lines.scope_number,
    lines.document_date,
    lines.receipt_date,
    lines.week_start,
    -- without a date of receipt the lead time says when, and may be wrong
    lines.received_on is null as is_assumed,
    cast(
        sum(case when lines.units > 0 then lines.units else 0 end)
        + sum(case when lines.free_units > 0 then lines.free_units else 0 end)
        as decimal(18, 4)
    ) as received_units,
    cast(
        -sum(case when lines.units < 0 then lines.units else 0 end)
        - sum(case when lines.free_units < 0 then lines.free_units else 0 end)
        as decimal(18, 4)
    ) as returned_units
from {{ lines_of_stock_keys('sell_in') }} as lines
group by
    lines.partner_id, lines.key_number, lines.scope_number, lines.document_date, lines.receipt_date, lines.week_start,
    lines.received_on is null

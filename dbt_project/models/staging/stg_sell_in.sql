{#- built after what tells of its lines (macros/by_unit.sql), and not made of it -#}
{%- if not execute %}{{ ref('stg_delivery_weeks') }}{% endif -%}
with lines as (
    select * from ({{ matched_lines('sell_in', 'document_date') }}) as matched
),

received as (
    select
        lines.*,
        coalesce(
            lines.received_on,
            {{ add_days('lines.document_date', 'coalesce(lines.feed_lead_time_days, partners.lead_time_days, 0)') }}
        ) as receipt_date,
        -- what a document gives away for nothing is no paid unit, in whichever column it says how much
        case when lower(lines.document_type) = 'free_goods' then 0 else lines.units end as paid_units,
        coalesce(lines.free_units, 0) + case when lower(lines.document_type) = 'free_goods' then lines.units else 0 end
            as unpaid_units,
        coalesce(lines.currency, lines.feed_currency) as line_currency
    from lines
    left join {{ ref('stg_partners') }} as partners
        on lines.partner_id = partners.partner_id
)

select
    received.feed_contract_id as contract_id,
    received.delivery_id,
    received.line_number,
    received.received_at,
    received.file_name,
    received.partner_id,
    received.partner_code,
    received.location_code,
    received.location_id,
    received.product_code,
    received.label,
    received.product_id,
    received.document_id,
    received.document_line,
    lower(received.document_type) as document_type,
    received.document_date,
    {{ week_start('received.document_date') }} as document_week,
    received.received_on,
    received.receipt_date,
    {{ week_start('received.receipt_date') }} as week_start,
    cast(received.paid_units * coalesce(received.units_factor, 1) as decimal(18, 4)) as units,
    cast(received.unpaid_units * coalesce(received.units_factor, 1) as decimal(18, 4)) as free_units,
    received.net_amount,
    received.line_currency as currency,
    {{ reporting_amount('received.net_amount', 'received.line_currency') }} as net_amount_reporting,
    received.line_class,
    received.is_restatement,
    received.is_conflict,
    case when received.is_conflict then received.line_key end as conflict_key,
    received.unmatched_reason
from received
cross join {{ ref('stg_build') }} as build
left join {{ ref('stg_feed_rates') }} as rates
    on
        received.feed_contract_id = rates.contract_id
        and received.line_currency = rates.from_currency
        and received.document_date = rates.rate_date

{#- built after what tells of its lines (macros/by_unit.sql), and not made of it -#}
{%- if not execute %}{{ ref('stg_delivery_weeks') }}{% endif -%}
with lines as (
    select * from ({{ matched_lines('sell_out', 'period_start') }}) as matched
),

reported as (
    select
        lines.*,
        {{ last_day_of_line('lines.period_start', 'lines.period_end', 'lines.feed_period') }} as last_day,
        coalesce(lines.currency, lines.feed_currency) as line_currency
    from lines
)

select
    reported.feed_contract_id as contract_id,
    reported.delivery_id,
    reported.line_number,
    reported.received_at,
    reported.file_name,
    reported.partner_id,
    reported.partner_code,
    reported.location_code,
    reported.location_id,
    reported.product_code,
    reported.label,
    reported.product_id,
    reported.period_start,
    reported.last_day as period_end,
    {{ week_start('reported.period_start') }} as week_start,
    cast(case
        when reported.deleted then 0
        else (reported.units - coalesce(reported.returned_units, 0)) * coalesce(reported.units_factor, 1)
    end as decimal(18, 4)) as units,
    case when reported.deleted then cast(0 as decimal(18, 6)) else reported.amount end as amount,
    reported.line_currency as currency,
    {{ reporting_amount('case when reported.deleted then 0 else reported.amount end', 'reported.line_currency') }}
        as amount_reporting,
    reported.transaction_id,
    reported.campaign_code,
    coalesce(reported.deleted, false) as is_deleted,
    case
        when reported.line_state = 'current' and yielded.contract_id is not null then 'superseded'
        else reported.line_class
    end as line_class,
    reported.line_state = 'current' and yielded.contract_id is not null as is_overlapped,
    reported.is_restatement,
    reported.is_conflict,
    case when reported.is_conflict then reported.line_key end as conflict_key,
    reported.unmatched_reason
from reported
cross join {{ ref('stg_build') }} as build
left join {{ ref('stg_feed_rates') }} as rates
    on
        reported.feed_contract_id = rates.contract_id
        and reported.line_currency = rates.from_currency
        and reported.period_start = rates.rate_date
left join {{ ref('stg_sell_out_overlaps') }} as yielded
    on
        reported.feed_contract_id = yielded.contract_id
        and coalesce(reported.partner_code, '') = yielded.partner_code
        and coalesce(reported.location_code, '') = yielded.location_code
        and reported.period_start = yielded.period_start
        and reported.last_day = yielded.period_end

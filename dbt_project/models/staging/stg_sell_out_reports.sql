with lines as (
    select * from ({{ current_lines('sell_out', 'period_start', ref('stg_feeds_of_mixed_grain')) }}) as current_lines
    where line_state = 'current' and not coalesce(deleted, false)
),

reported as (
    select
        lines.feed_contract_id as contract_id,
        coalesce(lines.feed_partner_id, partners.partner_id, lines.partner_code) as partner,
        coalesce(lines.partner_code, '') as partner_code,
        coalesce(lines.location_code, '') as location_code,
        lines.period_start,
        {{ last_day_of_line('lines.period_start', 'lines.period_end', 'contracts.period') }} as period_end,
        lines.received_at,
        lines.file_name
    from lines
    inner join {{ ref('stg_contracts') }} as contracts
        on lines.feed_contract_id = contracts.contract_id
    left join {{ ref('stg_partner_map') }} as partners
        on lines.feed_contract_id = partners.contract_id and lines.partner_code = partners.partner_code
),

with_lines as (
    select
        contract_id,
        partner,
        partner_code,
        location_code,
        period_start,
        period_end,
        max(received_at) as received_at,
        max(file_name) as file_name,
        false as is_empty
    from reported
    group by contract_id, partner, partner_code, location_code, period_start, period_end
),

-- a file without lines says that nothing was sold in the period that its name states
without_lines as (
    select distinct
        periods.contract_id,
        periods.partner_id as partner,
        '' as partner_code,
        '' as location_code,
        periods.period_start,
        periods.period_end,
        periods.received_at,
        periods.file_name,
        true as is_empty
    from {{ ref('stg_delivery_periods') }} as periods
    inner join {{ ref('stg_feeds_of_mixed_grain') }} as feeds
        on periods.contract_id = feeds.contract_id
    where periods.lines = 0 and periods.quarantined_lines = 0 and periods.partner_id is not null
)

select
    reports.*,
    cast({{ days_between('period_start', 'period_end') }} + 1 as bigint) as days
from (
    select * from with_lines
    union all
    select * from without_lines
) as reports
where period_end >= period_start

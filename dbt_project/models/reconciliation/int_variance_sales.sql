with varied as (
    select
        variances.key_number,
        variances.scope_number,
        variances.cut_number,
        variances.variance_units,
        keys.partner_id,
        keys.location_id,
        keys.product_id,
        keys.level,
        keys.units_per_case
    from {{ ref('int_variances') }} as variances
    inner join {{ ref('int_stock_keys') }} as keys
        on variances.key_number = keys.key_number
),

sales as (
    select
        varied.key_number,
        varied.cut_number,
        varied.variance_units,
        varied.partner_id,
        varied.units_per_case,
        lines.contract_id,
        lines.delivery_id,
        lines.period_end,
        lines.units
    from varied
    inner join {{ ref('int_stock_cut_days') }} as closing
        on varied.scope_number = closing.scope_number and varied.cut_number = closing.cut_number
    inner join {{ ref('stg_sell_out') }} as lines
        on
            varied.partner_id = lines.partner_id
            and varied.product_id = lines.product_id
            and coalesce(varied.location_id, '')
            = case when varied.level = 'location' then lines.location_id else '' end
            and closing.day = lines.period_end
    where lines.line_class = 'accepted'
),

parts as (
    select
        key_number,
        cut_number,
        variance_units,
        partner_id,
        units_per_case,
        contract_id,
        'delivery' as part,
        delivery_id,
        cast(null as date) as day,
        sum(units) as units
    from sales
    group by key_number, cut_number, variance_units, partner_id, units_per_case, contract_id, delivery_id
    union all
    select
        key_number,
        cut_number,
        variance_units,
        partner_id,
        units_per_case,
        contract_id,
        'day' as part,
        cast(null as {{ dbt.type_string() }}) as delivery_id,
        period_end as day,
        sum(units) as units
    from sales
    group by key_number, cut_number, variance_units, partner_id, units_per_case, contract_id, period_end
),

repeated_weeks as (
    select distinct
        partner_id,
        {{ week_start('day') }} as week_start
    from {{ ref('repeated_days') }}
),

judged as (
    select
        parts.*,
        parts.variance_units = parts.units as is_equal,
        count(*) over (
            partition by parts.key_number, parts.cut_number, parts.contract_id, parts.part, parts.units
        ) as equal_parts,
        repeated_weeks.partner_id is not null as is_in_repeated_week,
        parts.units_per_case > 1
        and parts.units <> 0
        and (
            parts.variance_units = parts.units - parts.units * parts.units_per_case
            or parts.variance_units * parts.units_per_case = parts.units * parts.units_per_case - parts.units
        ) as is_other_unit
    from parts
    left join repeated_weeks
        on parts.partner_id = repeated_weeks.partner_id and {{ week_start('parts.day') }} = repeated_weeks.week_start
)

select
    partner_id,
    key_number,
    cut_number,
    max(case when is_equal and is_in_repeated_week then 1 else 0 end) = 1 as is_repeated_day,
    max(case when is_equal and equal_parts > 1 then 1 else 0 end) = 1 as is_repeated_sale,
    max(case when is_other_unit then 1 else 0 end) = 1 as is_unit_error_in_part,
    min(case when is_equal and (equal_parts > 1 or is_in_repeated_week) then {{ as_text('day') }} end) as repeated_day,
    min(case when is_equal and equal_parts > 1 then delivery_id end) as repeated_delivery_id,
    min(case when is_other_unit then units end) as other_unit_units
from judged
where is_equal or is_other_unit
group by partner_id, key_number, cut_number

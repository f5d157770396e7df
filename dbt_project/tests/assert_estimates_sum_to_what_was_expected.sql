-- The products of an imputed report sum to at least the units expected of it: only rounding takes away, and products
-- whose returns exceed their sales are imputed as 0.
with estimated as (
    select
        contract_id,
        partner_id,
        period_start,
        sum(units) as units,
        count(*) as products
    from {{ ref('sell_out_estimates') }}
    where location_id is null
    group by contract_id, partner_id, period_start
)

select
    absent.contract_id,
    absent.partner_id,
    absent.period_start,
    absent.expected_units,
    estimated.units
from {{ ref('absent_partners') }} as absent
inner join estimated
    on
        absent.contract_id = estimated.contract_id
        and absent.partner_id = estimated.partner_id
        and absent.period_start = estimated.period_start
where estimated.units < absent.expected_units - 0.0001 * estimated.products

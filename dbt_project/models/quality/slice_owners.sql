select
    lines.partner_id,
    lines.kind,
    min(contracts.owner) as owner
from (
    select distinct partner_id, kind, contract_id
    from {{ ref('delivery_lines') }}
    where partner_id is not null
) as lines
inner join {{ ref('stg_contracts') }} as contracts
    on lines.contract_id = contracts.contract_id
group by lines.partner_id, lines.kind

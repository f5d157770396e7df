-- Every line that the ledger calls quarantined can be shown with its reason, and no other.
with shown as (
    select
        delivery_id,
        count(*) as lines
    from {{ ref('quarantine') }}
    group by delivery_id
)

select
    ledger.delivery_id,
    ledger.quarantined,
    coalesce(shown.lines, 0) as shown
from {{ ref('delivery_ledger') }} as ledger
left join shown
    on ledger.delivery_id = shown.delivery_id
where ledger.quarantined <> coalesce(shown.lines, 0)

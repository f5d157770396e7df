-- The ledger law: the classes of a delivery, counted one by one, sum to the lines read.
-- A warning here: the gate `conservation` stops the release for it, and records which delivery and by how much.
{{ config(severity='warn') }}

select
    delivery_id,
    contract_id,
    lines_read,
    lines_classified,
    unaccounted_lines
from {{ ref('evidence_conservation') }}
where unaccounted_lines <> 0

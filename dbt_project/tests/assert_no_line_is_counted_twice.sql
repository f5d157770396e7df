-- A line of a file is accepted at most once; a code that two mappings claim must not multiply it.
select
    kind,
    duplicate_keys
from {{ ref('evidence_conservation') }}
where duplicate_keys <> 0

select
    build_id,
    as_of,
    cast(as_of as date) as as_of_date,
    reporting_currency,
    current_release_id
from {{ source('control', 'build') }}

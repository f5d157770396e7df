select * from {{ source('control', 'contracts') }}

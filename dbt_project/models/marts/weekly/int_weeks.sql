{{ config(contract={'enforced': false}) }}

select distinct week_start
from {{ ref('int_weekly_slices') }}

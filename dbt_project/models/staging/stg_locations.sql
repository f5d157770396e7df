with fed as (
    select
    {%- for column in canonical_columns('locations') %}
        {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
    from ({{ current_master('locations', 'location_id') }}) as lines
)

select * from fed
union all
select
    partner_id || ':' || location_code as location_id,
    partner_id,
    location_code,
    location_code as location_name,
    cast(null as {{ dbt.type_string() }}) as region,
    cast(null as {{ dbt.type_string() }}) as postal_code,
    cast(null as date) as opened_on,
    cast(null as date) as closed_on
from {{ ref('stg_partner_location_codes') }}
where partner_id is not null and not {{ has_feed('locations') }}

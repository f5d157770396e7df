with listed as (
    select
        location_id, partner_id, location_code, location_name, region, opened_on, closed_on, postal_code
    from {{ ref('stg_locations') }}
),

named as (
{%- for kind in sales_kinds() %}
    select location_id, partner_id from {{ source('carried', 'fct_' ~ kind) }}
    {{ 'union all' if not loop.last }}
{%- endfor %}
)

select * from listed
union all
-- carried lines may name a location that the list has since dropped
select
    location_id,
    min(partner_id) as partner_id,
    cast(null as {{ dbt.type_string() }}) as location_code,
    location_id as location_name,
    cast(null as {{ dbt.type_string() }}) as region,
    cast(null as date) as opened_on,
    cast(null as date) as closed_on,
    cast(null as {{ dbt.type_string() }}) as postal_code
from named
where location_id is not null and location_id not in (select location_id from listed)
group by location_id

with fed as (
    select
    {%- for column in canonical_columns('locations') %}
        {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
    from ({{ current_master('locations', 'location_id') }}) as lines
),

met as (
    select distinct
        coalesce(codes.feed_partner_id, partners.partner_id) as partner_id,
        codes.location_code
    from {{ ref('stg_codes_met') }} as codes
    left join {{ ref('stg_partner_map') }} as partners
        on
            codes.feed_partner_id is null
            and codes.contract_id = partners.contract_id
            and codes.partner_code = partners.partner_code
    where codes.location_code is not null
)

select * from fed
union all
select
    partner_id || ':' || location_code as location_id,
    partner_id,
    location_code,
    location_code as location_name,
    cast(null as varchar) as region,
    cast(null as varchar) as postal_code,
    cast(null as date) as opened_on,
    cast(null as date) as closed_on
from met
where partner_id is not null and not {{ has_feed('locations') }}

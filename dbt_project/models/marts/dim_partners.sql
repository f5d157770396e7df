with listed as (
    select
        partner_id, partner_name, partner_type, country, currency, parent_partner_id,
        cast(lead_time_days as bigint) as lead_time_days
    from {{ ref('stg_partners') }}
),

carried as (
    select
        partner_id, partner_name, partner_type, country, currency, parent_partner_id,
        cast(lead_time_days as bigint) as lead_time_days
    from {{ source('carried', 'dim_partners') }}
    where partner_id not in (select partner_id from listed)
),

named as (
    select partner_id from {{ ref('fct_sell_in') }}
    union
    select partner_id from {{ ref('fct_sell_out') }}
    union
    select partner_id from {{ ref('fct_stock') }}
    union
    select partner_id from {{ ref('stg_contracts') }} where partner_id is not null
)

select * from listed
union all
-- carried lines may name a partner that the list has since dropped
select * from carried
union all
-- and a contract or a code one that it never had
select
    partner_id,
    partner_id as partner_name,
    cast(null as {{ dbt.type_string() }}) as partner_type,
    cast(null as {{ dbt.type_string() }}) as country,
    cast(null as {{ dbt.type_string() }}) as currency,
    cast(null as {{ dbt.type_string() }}) as parent_partner_id,
    cast(null as bigint) as lead_time_days
from named
where
    partner_id not in (select partner_id from listed)
    and partner_id not in (select partner_id from carried)

with fed as (
    select
    {%- for column in canonical_columns('partners') %}
        {{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
    from ({{ current_master('partners', 'partner_id') }}) as lines
),

named as (
    select partner_id from {{ ref('stg_contracts') }} where partner_id is not null
    union
    select partner_id from {{ ref('stg_partner_codes') }}
    union
    select partner_code as partner_id
    from {{ ref('stg_codes_met') }}
    where
        feed_partner_id is null
        and partner_code is not null
        and not {{ has_feed('partners') }}
        and partner_code not in (select code from {{ ref('stg_partner_codes') }})
)

select
    partner_id, partner_name, partner_type, country, currency, parent_partner_id, lead_time_days
from fed
union all
select
    partner_id,
    partner_id as partner_name,
    cast(null as {{ dbt.type_string() }}) as partner_type,
    cast(null as {{ dbt.type_string() }}) as country,
    cast(null as {{ dbt.type_string() }}) as currency,
    cast(null as {{ dbt.type_string() }}) as parent_partner_id,
    cast(null as integer) as lead_time_days
from named
where partner_id not in (select partner_id from fed)

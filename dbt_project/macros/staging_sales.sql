{#-
Current lines of a sales kind, matched to partner, product and location. Codes stay as sent; what does not match is
null, and `unmatched_reason` names the first code that no mapping knows. `units_factor` turns the feed's units into
base units: the code's own content, else the case of the product where the contract counts cases.
-#}
{% macro matched_lines(kind, date_column) -%}
    with lines as (
        select * from ({{ current_lines(kind, date_column) }}) as current_lines
    ),

    with_partner as (
        select
            lines.*,
            coalesce(lines.feed_partner_id, partners.partner_id) as partner_id,
            contracts.unit as feed_unit,
            contracts.period as feed_period,
            contracts.currency as feed_currency,
            contracts.lead_time_days as feed_lead_time_days,
            contracts.snapshot_taken
        from lines
        inner join {{ ref('stg_contracts') }} as contracts
            on lines.feed_contract_id = contracts.contract_id
        left join {{ ref('stg_partner_map') }} as partners
            on lines.feed_contract_id = partners.contract_id and lines.partner_code = partners.partner_code
    ),

    matched as (
        select
            with_partner.*,
            products.product_id,
            locations.location_id,
            coalesce(
                products.units_per_code,
                case when with_partner.feed_unit = 'case' then products.units_per_case else 1 end
            ) as units_factor
        from with_partner
        left join {{ ref('stg_feed_products') }} as products
            on
                with_partner.feed_contract_id = products.contract_id
                and coalesce(with_partner.partner_id, '') = coalesce(products.partner_id, '')
                and with_partner.product_code = products.product_code
                and with_partner.{{ date_column }} between products.valid_from and products.valid_to
        left join {{ ref('stg_feed_locations') }} as locations
            on
                with_partner.feed_contract_id = locations.contract_id
                and with_partner.partner_id = locations.partner_id
                and with_partner.location_code = locations.location_code
    ),

    judged as (
        select
            matched.*,
            case
                when partner_id is null then 'partner'
                when product_id is null then 'product'
                when location_code is not null and location_id is null then 'location'
                when units_factor is null then 'unit'
            end as unmatched_reason
        from matched
    )

    select
        judged.*,
        case
            when line_state <> 'current' then line_state
            when unmatched_reason is not null then 'unmatched'
            else 'accepted'
        end as line_class
    from judged
{%- endmacro %}

{#-
What of a map by partner a sales feed can meet: that of its partner, or where it names none, of all. Lines are matched
by this and not by the map, so that a code that is new to one partner is no news to the feeds of others.
-#}
{% macro known_to_feeds(map, columns) -%}
    {%- for is_of_partner in [true, false] %}
    select
        contracts.contract_id,
        {%- for column in columns %}
        map.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('stg_contracts') }} as contracts
    {%- if is_of_partner %}
    inner join {{ map }} as map
        on contracts.partner_id = map.partner_id
    {%- else %}
    cross join {{ map }} as map
    {%- endif %}
    where
        contracts.kind in ('{{ sales_kinds() | join("', '") }}')
        {%- if not is_of_partner %}
        and contracts.partner_id is null
        {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- An amount in the reporting currency: as it is, by the rate of the day, or null where no rate is known. -#}
{% macro reporting_amount(amount, currency) -%}
    cast(case
        when {{ currency }} = build.reporting_currency then {{ amount }}
        else {{ amount }} * rates.rate
    end as decimal(18, 6))
{%- endmacro %}

{#- Last day that a sell-out line speaks of: as the line says, else by the feed's period; a week has seven days. -#}
{% macro last_day_of_line(period_start, period_end, period) -%}
    coalesce({{ period_end }}, case {{ period }}
        when 'week' then {{ add_days(period_start, 6) }}
        when 'month' then {{ period_bucket_end(period_bucket(period_start, "'m'", '1'), "'m'") }}
        when 'year' then {{ period_bucket_end(period_bucket(period_start, "'y'", '1'), "'y'") }}
        else {{ period_start }}
    end)
{%- endmacro %}

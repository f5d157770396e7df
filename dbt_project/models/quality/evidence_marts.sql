{{ config(tags=['after_marts']) }}

{%- set dimensions = {'dim_products': 'product_id', 'dim_partners': 'partner_id', 'dim_locations': 'location_id'} -%}
{%- set summed_scopes = {
    'distribution': ['sell_out_units', 'selling_locations'],
    'pressure_index': ['sell_out_units', 'closing_stock_units'],
    'availability': ['known_days', 'out_of_stock_days', 'lost_sales_units', 'authorised_locations'],
} -%}
{%- set judged = [
    'sell_through_weekly', 'sell_through_location_weekly', 'sell_through_cohorts', 'sell_through_location_cohorts',
    'availability_location_weekly', 'availability', 'distribution', 'pressure_index',
] -%}

with invariants as (
{#- of the others, and that every id has its row in a dimension, dbt's tests say, and stop the run -#}
{%- for dimension, key in (dimensions | items | list) + [('dim_campaigns', 'campaign_id')] %}
    select
        '{{ dimension }}' as table_name,
        'one row a key' as invariant,
        {{ repeated_keys(ref(dimension), [key]) }} as offending_rows
    union all
{%- endfor %}
{%- for table in judged %}
    select
        '{{ table }}' as table_name,
        'completeness is a share' as invariant,
        {{ completeness_out_of_range(ref(table)) }} as offending_rows
    union all
{%- endfor %}
{%- for table in ['distribution', 'pressure_index'] %}
    select
        '{{ table }}' as table_name,
        'one slice is as complete as its week' as invariant,
        {{ single_slices_out_of_balance(ref(table)) }} as offending_rows
    union all
{%- endfor %}
{%- for table, measures in summed_scopes.items() %}
    select
        '{{ table }}' as table_name,
        'all partners are the sum of the partners' as invariant,
        {{ scopes_out_of_balance(ref(table), measures) }} as offending_rows
    union all
{%- endfor %}
{%- for table in ['sell_through_cohorts', 'sell_through_location_cohorts'] %}
    select
        '{{ table }}' as table_name,
        'no part is above its cohort' as invariant,
        (
            select count(*)
            from {{ ref(table) }}
            where sold_units + returned_units > received_units or left_units > received_units
        ) as offending_rows
    union all
{%- endfor %}
{%- set cohorts = [ref('sell_through_cohorts'), ref('sell_through_weekly'), ['partner_id', 'product_id']] %}
    select
        'sell_through_cohorts' as table_name,
        'a cohort is what its week received' as invariant,
        {{ count_of(cohorts_out_of_balance(*cohorts)) }} as offending_rows
    union all
    select
        'sell_through_cohorts' as table_name,
        'what is left of cohorts is in the stock' as invariant,
        {{ count_of(cohorts_beyond_stock(*cohorts)) }} as offending_rows
    union all
{%- for table, invariant, _ in invariants_of_partners() %}
    select
        '{{ table }}' as table_name,
        '{{ invariant }}' as invariant,
        {{ partners_out_of_balance(
            "select partner_id, balance from " ~ ref('evidence_marts_of_partners')
            ~ " where table_name = '" ~ table ~ "' and invariant = '" ~ invariant ~ "'"
        ) }} as offending_rows
    union all
{%- endfor %}
    select
        'availability_location_weekly' as table_name,
        'a week has seven days' as invariant,
        (
            select count(*)
            from {{ ref('availability_location_weekly') }}
            where known_days > 7 or out_of_stock_days > known_days or out_of_stock_days < 0 or lost_sales_units < 0
        ) as offending_rows
    union all
{%- for period in distribution_periods() %}
    select
        'availability' as table_name,
        'days of every {{ period }} are those of the points of sale' as invariant,
        abs(
            (
                select coalesce(sum(known_days + out_of_stock_days), 0)
                from {{ ref('availability') }}
                where period = '{{ period }}' and scope = 'partner'
            ) - (
                select coalesce(sum(known_days + out_of_stock_days), 0)
                from {{ ref('availability_location_weekly') }}
            )
        ) as offending_rows
    union all
{%- endfor %}
    select
        'pressure_index' as table_name,
        'sell-out and counted stock are those of the facts' as invariant,
        {{ pressure_out_of_balance() }} as offending_rows
    union all
    select
        'pressure_index' as table_name,
        'shares make a whole' as invariant,
        {{ shares_out_of_balance() }} as offending_rows
    union all
    select
        'distribution' as table_name,
        'sell-out of a partner sums to its located lines' as invariant,
        {{ distribution_out_of_balance() }} as offending_rows
    union all
    select
        'distribution' as table_name,
        'points of sale that sell are those of the weeks' as invariant,
        {{ selling_out_of_balance() }} as offending_rows
    union all
    select
        'distribution' as table_name,
        'no share is above 1' as invariant,
        (
            select count(*)
            from {{ ref('distribution') }}
            where numeric_distribution > 1 or numeric_distribution_stocking > 1
        ) as offending_rows
    union all
    select
        'sell_through_weekly' as table_name,
        'sell-out of a partner sums to its lines' as invariant,
        {{ partners_out_of_balance(sell_out_balance(ref('sell_through_weekly'), 'true')) }} as offending_rows
)

select
    table_name,
    invariant,
    cast(offending_rows as bigint) as offending_rows,
    cast(null as {{ dbt.type_string() }}) as partner_id,
    cast(null as {{ dbt.type_string() }}) as kind,
    cast(null as date) as period_start,
    cast(null as date) as period_end,
    cast(null as {{ dbt.type_string() }}) as owner
from invariants

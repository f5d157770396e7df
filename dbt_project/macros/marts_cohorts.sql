{#- What became of the goods of one week's receipts, first in first out: the same for partners and for points of sale. -#}

{#- Weeks after its receipt at which a cohort is looked at. -#}
{% macro cohort_ages() -%}
    {{ return([1, 2, 4, 8, 13, 26]) }}
{%- endmacro %}

{#-
Cohorts of receipts, from `flows` (as `flows_since_receipt` tells them) of `keys` (partner, location if any, product): common
table expressions, the first without its `with`, and what is selected of them.

Sales take what was there before the cohort first, so that the opening stock and the sales since tell what of it was sold.
What is on hand later is the youngest of what came, so that a later stock and the receipts since tell what of it is left.
The two sides share no figure but the receipts: their gap is a check.
-#}
{% macro sell_through_cohorts(flows, keys) -%}
    -- numbered: to join by names takes longer
    receivers as (
        select
            met.*,
            row_number() over (order by {{ keys | join(', ') }}) as receiver_number
        from (select distinct {{ keys | join(', ') }} from {{ flows }} where received_units > 0) as met
    ),

    numbered as (
        select
            receivers.receiver_number,
            flows.week_start,
            {{ week_number('flows.week_start') }} as week_number,
            {%- for column in columns_of_flows() %}
            {%- set is_of_units = column.endswith('_units') or column in summed_flows() %}
            {{ ten_thousandths('flows.' ~ column) if is_of_units else 'flows.' ~ column }} as {{ column }}
                {{- ',' if not loop.last }}
            {%- endfor %}
        from {{ flows }} as flows
        inner join receivers
            on {{ same_keys('flows', 'receivers', keys) }}
        where flows.received_units > 0 or flows.week_start >= {{ first_week_made() }}
    ),

    ages as (
    {%- for age in cohort_ages() %}
        select {{ age }} as weeks_after
        {{ 'union all' if not loop.last }}
    {%- endfor %}
    ),

    -- few, beside the cohorts: the same for all goods of a partner
    warned as (
        select
            receipts.partner_id,
            receipts.week_start,
            ages.weeks_after,
            warnings.kind,
            warnings.suite
        from {{ ref('int_weekly_slices') }} as receipts
        cross join ages
        inner join {{ ref('int_weekly_warnings') }} as warnings
            on
                receipts.partner_id = warnings.partner_id
                and warnings.week_start between receipts.week_start
                and {{ add_days('receipts.week_start', 'ages.weeks_after * 7') }}
    ),

    warnings as (
        {{ gates_that_warn('warned', ['partner_id', 'week_start', 'weeks_after']) }}
    ),

    cohorts as (
        select
            numbered.*,
            ages.weeks_after,
            numbered.week_number + ages.weeks_after as later_week_number,
            {{ not_below_zero('numbered.opening_stock_units') }} as older_units
        from numbered
        cross join ages
        where numbered.received_units > 0
    ),

    looked_at as (
        select *
        from numbered
        where week_start >= {{ first_week_made() }}
    ),

    aged as (
        select
            cohorts.receiver_number,
            cohorts.week_start,
            cohorts.weeks_after,
            cohorts.received_units,
            cohorts.older_units,
            later.stock_status,
            later.closing_stock_units,
            case
                when later.unknown_received_so_far = cohorts.unknown_received_so_far
                    then later.received_so_far - cohorts.received_so_far
            end as received_since,
            -- what moved in the week of the receipt is part of the way
            {%- for flow in ['returned', 'sold'] %}
            case
                when
                    cohorts.{{ flow }}_units is not null
                    and later.unknown_{{ flow }}_so_far = cohorts.unknown_{{ flow }}_so_far
                    then later.{{ flow }}_so_far - cohorts.{{ flow }}_so_far + cohorts.{{ flow }}_units
            end as {{ flow }}_since,
            {%- endfor %}
            {%- for part in completeness_parts() %}
            later.{{ part }}_so_far - cohorts.{{ part }}_so_far + coalesce(cohorts.{{ part }}, 0) as {{ part }}
                {{- ',' if not loop.last }}
            {%- endfor %}
        from cohorts
        inner join looked_at as later
            on
                cohorts.receiver_number = later.receiver_number
                and cohorts.later_week_number = later.week_number
                -- a week without a row on the way is unknown
                and cohorts.flows_since = later.flows_since
    ),

    parted as (
        select
            aged.*,
            {{ within_cohort('closing_stock_units - received_since') }} as left_units,
            -- what goes back to the brand is the oldest too
            {{ within_cohort('returned_since - older_units') }} as returned_units,
            {{ not_below_zero('older_units - returned_since') }} as older_to_sell
        from aged
    ),

    told as (
        select
            parted.*,
            case
                when {{ within_cohort('sold_since - older_to_sell') }} > received_units - returned_units
                    then received_units - returned_units
                else {{ within_cohort('sold_since - older_to_sell') }}
            end as sold_units
        from parted
    )

    select
        {%- for key in keys %}
        receivers.{{ key }},
        {%- endfor %}
        told.week_start,
        cast(told.weeks_after as bigint) as weeks_after,
        cast(received_units / 10000 as decimal(18, 4)) as received_units,
        cast(sold_units / 10000 as decimal(18, 4)) as sold_units,
        cast(returned_units / 10000 as decimal(18, 4)) as returned_units,
        cast(left_units / 10000 as decimal(18, 4)) as left_units,
        cast((received_units - sold_units - returned_units - left_units) / 10000 as decimal(18, 4)) as unaccounted_units,
        stock_status,
        {{ share('sold_units', 'received_units') }} as cohort_sell_through_rate,
        {{ mean_completeness() }},
        warnings.warnings
    from told
    inner join receivers
        on told.receiver_number = receivers.receiver_number
    left join warnings
        on
            receivers.partner_id = warnings.partner_id
            and {{ same_keys('told', 'warnings', ['week_start', 'weeks_after']) }}
{%- endmacro %}

{#- An amount of units, at least none and at most the whole cohort; null where the amount is. -#}
{% macro within_cohort(units) -%}
    case when {{ units }} > received_units then received_units else {{ not_below_zero(units) }} end
{%- endmacro %}

{% macro not_below_zero(units) -%}
    case when {{ units }} > 0 then {{ units }} when {{ units }} <= 0 then 0 end
{%- endmacro %}

{#- What became of the goods of one week's receipts, first in first out: the same for partners and for points of sale. -#}

{#- Weeks after its receipt at which a cohort is looked at. -#}
{% macro cohort_ages() -%}
    {{ return([1, 2, 4, 8, 13, 26]) }}
{%- endmacro %}

{#-
Cohorts of receipts, from a weekly sell-through with `keys` (partner, location if any, product). Sales take what was
there before the cohort first, so that the opening stock and the sales since tell what of it was sold. What is on hand
later is the youngest of what came, so that a later stock and the receipts since tell what of it is left. The two sides
share no figure but the receipts: their gap is a check.
-#}
{% macro sell_through_cohorts(weekly, keys) -%}
    -- numbered: to sort and join by names takes longer
    with receivers as (
        select
            met.*,
            row_number() over (order by {{ keys | join(', ') }}) as receiver_number
        from (select distinct {{ keys | join(', ') }} from {{ weekly }} where received_units > 0) as met
    ),

    flows as (
        select
            receivers.receiver_number,
            week_start,
            {{ week_number('week_start') }} as week_number,
            {{ ten_thousandths('received_units') }} as received_units,
            {{ ten_thousandths('returned_units') }} as returned_units,
            case when sell_out_status in ('reported', 'allocated') then {{ ten_thousandths('sell_out_units') }} end
                as sold_units,
            {{ ten_thousandths('opening_stock_units') }} as opening_stock_units,
            {{ ten_thousandths('closing_stock_units') }} as closing_stock_units,
            stock_status,
            {%- for part, of_row in completeness_parts().items() %}
            {{ of_row }} as {{ part }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ weekly }} as weekly
        inner join receivers
            on {{ same_keys('weekly', 'receivers', keys) }}
    ),

    summed as (
        select
            flows.*,
            {%- for flow in ['received', 'returned', 'sold'] %}
            sum(coalesce({{ flow }}_units, 0)) over so_far as {{ flow }}_so_far,
            sum(case when {{ flow }}_units is null then 1 else 0 end) over so_far as unknown_{{ flow }}_so_far,
            {%- endfor %}
        {%- for part in completeness_parts() %}
            sum(coalesce({{ part }}, 0)) over so_far as {{ part }}_so_far,
        {%- endfor %}
            row_number() over (partition by receiver_number order by week_number) - week_number as unbroken_run
        from flows
        window so_far as (
            partition by receiver_number
            order by week_number
            rows between unbounded preceding and current row
        )
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
            summed.*,
            ages.weeks_after,
            summed.week_number + ages.weeks_after as later_week_number,
            {{ not_below_zero('summed.opening_stock_units') }} as older_units
        from summed
        cross join ages
        where summed.received_units > 0
    ),

    looked_at as (
        select *
        from summed
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
                and cohorts.unbroken_run = later.unbroken_run
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

{#- What became of the goods of one week's receipts, first in first out: the same for partners and for points of sale. -#}

{#- Weeks after its receipt at which a cohort is looked at. -#}
{% macro cohort_ages() -%}
    {{ return([1, 2, 4, 8, 13, 26]) }}
{%- endmacro %}

{#- What moves goods, by the measure of the weekly sell-through that tells it; what was sold where all of it is known. -#}
{% macro cohort_flows() -%}
    {{ return({
        'received': 'received_units',
        'returned': 'returned_units',
        'sold': "case when sell_out_status in ('reported', 'allocated') then sell_out_units end",
    }) }}
{%- endmacro %}

{#- What `flows_since_receipt` tells beside its keys, with the types: of a week, and `_so_far`. -#}
{% macro columns_of_flows() -%}
    {%- set columns = {
        'opening_stock_units': 'decimal(18, 4)',
        'closing_stock_units': 'decimal(18, 4)',
        'stock_status': dbt.type_string(),
        'flows_since': 'date',
    } -%}
    {%- for flow in cohort_flows() -%}
        {%- do columns.update({
            flow ~ '_units': 'decimal(18, 4)', flow ~ '_so_far': 'decimal(18, 4)', 'unknown_' ~ flow ~ '_so_far': 'bigint',
        }) -%}
    {%- endfor -%}
    {%- for part, (of_row, of_sum) in types_of_completeness_parts().items() -%}
        {%- do columns.update({part: of_row, part ~ '_so_far': of_sum}) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}

{#-
What moved by `keys` (partner, location if any, product), from a weekly sell-through, and what it adds up to since goods
first came: a row a week from then on, until a week has no row; then from the next receipt on. The sums of rows that stand
(`rows_so_far`) are gone on with. Units are added up in ten thousandths, of which a double holds sums exactly.
-#}
{% macro flows_since_receipt(weekly, keys) -%}
    {%- set columns = {'week_start': 'date'} -%}
    {%- for key in keys -%}
        {%- do columns.update({key: dbt.type_string()}) -%}
    {%- endfor -%}
    {%- do columns.update(columns_of_flows()) -%}
    with so_far as (
        select
            {%- for key in keys %}
            {{ key }},
            {%- endfor %}
            week_start,
            {%- for column in columns if column.endswith('_so_far') %}
            {{ ten_thousandths(column) if column in summed_flows() else column }} as {{ column }},
            {%- endfor %}
            flows_since
        from {{ rows_so_far(columns) }} as standing
    ),

    -- numbered: to sort and join by names takes longer
    receivers as (
        select
            met.*,
            row_number() over (order by {{ keys | join(', ') }}) as receiver_number
        from (
            select {{ keys | join(', ') }} from {{ weekly }} where received_units > 0
            union
            select {{ keys | join(', ') }} from so_far
        ) as met
    ),

    -- what a week adds to each sum: its own, or all that it stands at
    flows as (
        select
            receivers.receiver_number,
            {{ week_number('weekly.week_start') }} as week_number,
            weekly.week_start,
            opening_stock_units,
            closing_stock_units,
            stock_status,
            {%- for flow, of_row in cohort_flows().items() %}
            {{ of_row }} as {{ flow }}_units,
            coalesce({{ flow }}_so_far, {{ ten_thousandths(of_row) }}, 0) as {{ flow }}_added,
            coalesce(unknown_{{ flow }}_so_far, case when {{ of_row }} is null then 1 else 0 end) as unknown_{{ flow }}_added,
            {%- endfor %}
            {%- for part, of_row in completeness_parts().items() %}
            {{ of_row }} as {{ part }},
            coalesce({{ part }}_so_far, {{ of_row }}, 0) as {{ part }}_added,
            {%- endfor %}
            so_far.flows_since as standing_since
        from {{ weekly }} as weekly
        inner join receivers
            on {{ same_keys('weekly', 'receivers', keys) }}
        left join so_far
            on {{ same_keys('weekly', 'so_far', keys + ['week_start']) }}
    ),

    -- weeks that each have a row, from a receipt on; told of narrow rows, which are sorted at less cost
    runs as (
        select
            receiver_number,
            min(case when begins then week_number end) as first_week_number,
            max(week_number) as last_week_number,
            coalesce(min(standing_since), min(case when begins then week_start end)) as flows_since
        from (
            select
                receiver_number,
                week_number,
                week_start,
                standing_since,
                received_units > 0 or standing_since is not null as begins,
                row_number() over (partition by receiver_number order by week_number) - week_number as unbroken_run
            from flows
        ) as weeks
        group by receiver_number, unbroken_run
    ),

    summed as (
        select
            flows.*,
            runs.flows_since,
            {%- for column in columns if column.endswith('_so_far') %}
            sum({{ column | replace('_so_far', '_added') }}) over so_far as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        from flows
        inner join runs
            on
                flows.receiver_number = runs.receiver_number
                and flows.week_number between runs.first_week_number and runs.last_week_number
        window so_far as (
            partition by flows.receiver_number, runs.flows_since
            order by flows.week_number
            rows between unbounded preceding and current row
        )
    )

    select
        {%- for column, type in columns.items() %}
        cast({{ column }}{{ ' / 10000' if column in summed_flows() }} as {{ type }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from summed
    inner join receivers
        on summed.receiver_number = receivers.receiver_number
    -- the others stand
    where standing_since is null
{%- endmacro %}

{% macro summed_flows() -%}
    {%- set summed = [] -%}
    {%- for flow in cohort_flows() -%}
        {%- do summed.append(flow ~ '_so_far') -%}
    {%- endfor -%}
    {{ return(summed) }}
{%- endmacro %}

{#-
Cohorts of receipts, from `flows` (as `flows_since_receipt` tells them) of `keys` (partner, location if any, product). Sales
take what was there before the cohort first, so that the opening stock and the sales since tell what of it was sold. What is
on hand later is the youngest of what came, so that a later stock and the receipts since tell what of it is left. The two
sides share no figure but the receipts: their gap is a check.
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

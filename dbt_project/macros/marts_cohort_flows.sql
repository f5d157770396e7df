{#- What came, went back and was sold since goods first came, added up week by week: what cohorts are differences of. -#}

{#- What moves goods, by the measure of the weekly sell-through that tells it; what was sold where all of it is known. -#}
{% macro cohort_flows() -%}
    {{ return({
        'received': 'received_units',
        'returned': 'returned_units',
        'sold': "case when sell_out_status in ('reported', 'allocated') then sell_out_units end",
    }) }}
{%- endmacro %}

{#- What `flows_since_receipt` tells beside keys and week, with the types: figures of the week, and what they add up to. -#}
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
            sum({{ column | replace('_so_far', '_added') }}) over since_receipt as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        from flows
        inner join runs
            on
                flows.receiver_number = runs.receiver_number
                and flows.week_number between runs.first_week_number and runs.last_week_number
        window since_receipt as (
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

{#- Columns that hold the flows of cohorts added up since the receipt. -#}
{% macro summed_flows() -%}
    {%- set summed = [] -%}
    {%- for flow in cohort_flows() -%}
        {%- do summed.append(flow ~ '_so_far') -%}
    {%- endfor -%}
    {{ return(summed) }}
{%- endmacro %}

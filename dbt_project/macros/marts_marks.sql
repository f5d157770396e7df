{#- What a row that draws on several slices says of them: how complete they are, and which gates warn of them. -#}

{#-
What the completeness of slices adds up from, over rows with `completeness`, `completeness_by_count` and
`trailing_sell_out_units`. Slices of which no completeness is known do not enter. Decimals: sums of doubles would depend
on the order of the rows.
-#}
{% macro completeness_parts() -%}
    {%- set weight = to_units('case when trailing_sell_out_units > 0 then trailing_sell_out_units else 0 end') -%}
    {{ return({
        'expected_weight': 'case when completeness is not null then ' ~ weight ~ ' end',
        'reported_weight': 'cast(completeness as decimal(10, 9)) * ' ~ weight,
        'reported_slices': 'cast(completeness as decimal(10, 9))',
        'counted_slices': 'cast(completeness_by_count as decimal(10, 9))',
        'judged_slices': 'case when completeness is not null then 1 else 0 end',
    }) }}
{%- endmacro %}

{#-
Types of these parts, of a row and of sums. A difference of decimals of 38 digits has one digit more than Spark knows, which
it takes off the end: sums have no more digits than they need.
-#}
{% macro types_of_completeness_parts() -%}
    {{ return({
        'expected_weight': ['decimal(18, 4)', 'decimal(28, 4)'],
        'reported_weight': ['decimal(28, 13)', 'decimal(37, 13)'],
        'reported_slices': ['decimal(10, 9)', 'decimal(20, 9)'],
        'counted_slices': ['decimal(10, 9)', 'decimal(20, 9)'],
        'judged_slices': ['bigint', 'bigint'],
    }) }}
{%- endmacro %}

{#-
A double as units. Engines tell apart what is a hair below half a ten-thousandth and what is half: not once the hair is
rounded away.
-#}
{% macro to_units(number) -%}
    cast(cast({{ number }} as decimal(28, 9)) as decimal(18, 4))
{%- endmacro %}

{#- The parts of `completeness_parts`, summed from rows that have what they are made of. -#}
{% macro sum_completeness_parts() -%}
    {%- for part, of_row in completeness_parts().items() %}
        sum({{ of_row }}) as {{ part }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- The same, summed from parts that were summed before. -#}
{% macro add_completeness_parts() -%}
    {%- for part in completeness_parts() %}
        sum({{ part }}) as {{ part }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#-
Mean completeness from summed parts: by volume each slice weighs its trailing sell-out, by count each weighs the same.
Where nothing was sold before, there is no volume to weigh by.
-#}
{% macro mean_completeness() -%}
    coalesce({{ share('reported_weight', 'expected_weight') }}, {{ share('reported_slices', 'judged_slices') }})
        as completeness,
    {{ share('counted_slices', 'judged_slices') }} as completeness_by_count
{%- endmacro %}

{#- `warnings` of each key, from rows of `keys`, kind and suite: `sell_out: delays, missing_sell_out; stock: marts`. -#}
{% macro gates_that_warn(relation, keys) -%}
    select
        {{ keys | join(', ') }},
        {{ dbt.listagg("kind || ': ' || suites", "'; '", 'order by kind') }} as warnings
    from (
        select
            {{ keys | join(', ') }},
            kind,
            {{ dbt.listagg('suite', "', '", 'order by suite') }} as suites
        from (
            select distinct {{ keys | join(', ') }}, kind, suite
            from {{ relation }}
        ) as named
        group by {{ keys | join(', ') }}, kind
    ) as by_kind
    group by {{ keys | join(', ') }}
{%- endmacro %}

{#-
`scope_warnings`: the gates that warn of slices of a period, for each partner and for all of them, from `drawn`: the
period, period_start, partner_id and `keys` that rows draw on. `kinds` are the record kinds that they draw on.
-#}
{% macro scope_warnings(drawn, kinds, keys=[]) -%}
    {%- set scoped = ['period', 'period_start'] + keys -%}
    warned as (
        select distinct
            {%- for key in scoped + ['partner_id'] %}
            drawn.{{ key }},
            {%- endfor %}
            warnings.kind,
            warnings.suite
        from (select distinct {{ (scoped + ['partner_id']) | join(', ') }} from {{ drawn }}) as drawn
        inner join weeks_of_periods
            on drawn.period = weeks_of_periods.period and drawn.period_start = weeks_of_periods.period_start
        inner join {{ ref('int_weekly_warnings') }} as warnings
            on drawn.partner_id = warnings.partner_id and weeks_of_periods.week_start = warnings.week_start
        where warnings.kind in ('{{ kinds | join("', '") }}')
    ),

    scope_warnings as (
        {{ gates_that_warn(
            '(' ~ for_each_scope('warned', scoped + ['kind', 'suite']) ~ ') as scoped', scoped + ['scope_partner_id']
        ) }}
    )
{%- endmacro %}

{#- What joins `scope_warnings` to the rows of `relation`. -#}
{% macro of_same_scope(relation, keys=[]) -%}
    {{ same_keys(relation, 'scope_warnings', ['period', 'period_start'] + keys) }}
    and coalesce({{ relation }}.scope_partner_id, '') = coalesce(scope_warnings.scope_partner_id, '')
{%- endmacro %}

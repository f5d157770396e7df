{#- What the weekly sell-through is put together from, as common table expressions: flows, and the weeks that have rows. -#}

{% macro same_keys(left, right, keys) -%}
    {%- for key in keys -%}
        {{ left }}.{{ key }} = {{ right }}.{{ key }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#-
Sell-out, sell-in, stock and what was reported, summed to `keys` (`places` are the keys less the product).
Lines without a location have no place at the grain of locations.
-#}
{% macro weekly_flows(places, keys) -%}
    {%- set by_location = 'location_id' in places -%}
    {%- set located = 'location_id is not null' if by_location else 'true' -%}
    {%- set summed = 'int_weekly_' if by_location else 'int_weekly_product_' -%}
    sell_out as (
        select
            {{ keys | join(', ') }},
            week_start,
            units,
            amount,
            priced_units,
            is_spread,
            {{ 'case when units > 0 then 1 else 0 end as selling_locations' if by_location else 'selling_locations' }}
        from {{ ref(summed ~ 'sell_out') }}
        where {{ located }}
    ),

    sell_in as (
        select {{ keys | join(', ') }}, week_start, units, received_units, returned_units
        from {{ ref(summed ~ 'sell_in') }}
        where {{ located }}
    ),

    stock as (
        select {{ keys | join(', ') }}, week_start, on_hand_units
        from {{ ref(summed ~ 'stock') }}
        where {{ located }}
    ),

    after_count as (
        select
            {{ keys | join(', ') }},
            week_start,
            sum(sell_out_units) as sell_out_units,
            sum(received_units) as received_units,
            sum(returned_units) as returned_units
        from {{ ref('int_weekly_flows_after_count') }}
        where {{ located }}
        group by {{ keys | join(', ') }}, week_start
    ),

    -- weeks in which a count was taken before the last day: what follows it in the week must be known too
    early_counts as (
        select distinct {{ places | join(', ') }}, week_start
        from {{ ref('int_stock_snapshot_days') }}
        where is_last and snapshot_on < {{ add_days('week_start', 6) }} and {{ located }}
    ),

    -- weeks in which every stock feed of the place spoke, and what it left out is 0
    absent_stock_is_zero as (
        select {{ places | join(', ') }}, week_start
        from {{ ref('int_stock_snapshot_days') }}
        where {{ located }}
        group by {{ places | join(', ') }}, week_start
        having
            min(case when is_complete then 1 else 0 end) = 1
            and count(distinct contract_id) = max({{ 'location' if by_location else 'partner' }}_feeds)
    ),

    reporting as (
        select *
        from {{ ref('int_weekly_sell_out_reporting') }}
        where location_id is {{ 'not null' if by_location else 'null' }}
    )
    {%- if by_location %},

    named as (
        select distinct {{ places | join(', ') }}, week_start
        from sell_out
    )
    {%- endif %}
{%- endmacro %}

{#- `unread_<kind>`: pairs and weeks of which a line was set aside, `is_named` where the line names the pair. -#}
{% macro unread_pairs(kind, places, keys) -%}
    {%- set by_location = 'location_id' in places -%}
    unread_{{ kind }}_lines as (
        select distinct {{ keys | join(', ') }}, week_start
        from {{ ref('int_unread_weeks') }}
        where
            kind = '{{ kind }}'
            {%- if by_location %}
            and has_location
            {%- endif %}
    ),

    unread_{{ kind }} as (
        select
            pair_number,
            week_start,
            max(is_named) = 1 as is_named
        from (
            {%- set told = [keys, places] + ([['partner_id', 'product_id'], ['partner_id']] if by_location else []) %}
            {%- for told_keys in told %}
            select numbered_pairs.pair_number, lines.week_start, {{ 1 if loop.first else 0 }} as is_named
            from unread_{{ kind }}_lines as lines
            inner join numbered_pairs
                on {{ same_keys('lines', 'numbered_pairs', told_keys) }}
            {%- for key in keys if key not in told_keys %}
            {{ 'where' if loop.first else 'and' }} lines.{{ key }} is null
            {%- endfor %}
            {{ 'union all' if not loop.last }}
            {%- endfor %}
        ) as met
        group by pair_number, week_start
    )
{%- endmacro %}

{#- `dense`: the weeks of each pair of place and product, by `pair_number`; `numbered_pairs` says which pair that is. -#}
{% macro weekly_grid(keys) -%}
    {%- set by_location = 'location_id' in keys -%}
    {%- set located = 'location_id is not null' if by_location else 'true' -%}
    {#- a location that has closed owes nothing -#}
    {%- set is_owed = 'slices.is_dense' ~ (
        ' and coalesce(slices.week_start <= locations.closed_on, true)' if by_location
    ) -%}
    lines as (
        select {{ keys | join(', ') }}, week_start from sell_out
        union all
        select {{ keys | join(', ') }}, week_start from sell_in
        union all
        select {{ keys | join(', ') }}, week_start from stock
    ),

    pairs as (
        select {{ keys | join(', ') }}, min(week_start) as first_week_start
        from (
            select * from lines
            union all
            select {{ keys | join(', ') }}, first_week_start as week_start
            from {{ ref('int_held_lines') }}
            where {{ located }}
            {%- if by_location %}
            union all
            -- in the last week of a partner that owes reports stand all pairs that it ever had and that owe another week
            select {{ keys | join(', ') }}, week_start
            from {{ rows_so_far(columns_of_weekly_rows()) }} as so_far
            where weeks_before = 1
            {%- endif %}
        ) as met
        group by {{ keys | join(', ') }}
    ),

    numbered_pairs as (
        select pairs.*, row_number() over (order by {{ keys | join(', ') }}) as pair_number
        from pairs
    ),

    owed_weeks as (
        select numbered_pairs.pair_number, slices.week_start
        from numbered_pairs
        inner join {{ ref('int_weekly_slices') }} as slices
            on numbered_pairs.partner_id = slices.partner_id and numbered_pairs.first_week_start <= slices.week_start
        {%- if by_location %}
        left join {{ ref('stg_locations') }} as locations
            on numbered_pairs.partner_id = locations.partner_id and numbered_pairs.location_id = locations.location_id
        {%- endif %}
        where {{ is_owed }}
    ),

    -- few: told apart by their weeks first, so that not every line looks for its pair
    lines_of_other_weeks as (
        select distinct
            {%- for key in keys %}
            lines.{{ key }},
            {%- endfor %}
            lines.week_start
        from lines
        inner join {{ ref('int_weekly_slices') }} as slices
            on lines.partner_id = slices.partner_id and lines.week_start = slices.week_start
        {%- if by_location %}
        left join {{ ref('stg_locations') }} as locations
            on lines.partner_id = locations.partner_id and lines.location_id = locations.location_id
        {%- endif %}
        where not ({{ is_owed }})
    ),

    dense as (
        select pair_number, week_start
        from owed_weeks
        union all
        select numbered_pairs.pair_number, lines.week_start
        from lines_of_other_weeks as lines
        inner join numbered_pairs
            on {{ same_keys('lines', 'numbered_pairs', keys) }}
    )
{%- endmacro %}

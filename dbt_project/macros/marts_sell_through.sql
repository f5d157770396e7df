{#- The weekly sell-through of a grain: one computation for partners and for points of sale. -#}

{#-
Sell-through by ISO week. `grain` is 'partner' (partner x product x week) or 'location' (partner x location x product x
week; lines without a location have no place there). Columns as published, but for the estimate.
-#}
{% macro sell_through(grain) -%}
    {%- set by_location = grain == 'location' -%}
    {%- set places = ['partner_id', 'location_id'] if by_location else ['partner_id'] -%}
    {%- set keys = places + ['product_id'] -%}
    {%- set is_named = 'named.partner_id is not null' if by_location else 'slices.names_sell_out' -%}
    {%- set knows_sell_in = 'slices.knows_sell_in and unplaced.partner_id is null' if by_location
        else 'slices.knows_sell_in' -%}

    {%- set stated %}
    with {{ weekly_flows(places, keys) }},

    {{ weekly_grid(keys) }},
    {%- for kind in sales_kinds() %}

    {{ unread_pairs(kind, places, keys) }},
    {%- endfor %}

    reported as (
        select
            dense.pair_number,
            {%- for key in keys %}
            numbered_pairs.{{ key }},
            {%- endfor %}
            dense.week_start,
            {{ week_number('dense.week_start') }} as week_number,
            slices.shares_sell_out,
            slices.lacks_sell_out,
            slices.is_held,
            slices.held_reason,
            slices.warnings,
            sell_out.units as line_units,
            sell_out.amount,
            sell_out.priced_units,
            coalesce(sell_out.is_spread, false) as is_spread,
            sell_out.selling_locations,
            coalesce(reporting.is_delivered, false) as is_delivered,
            coalesce(reporting.has_gap, false) as has_gap,
            reporting.completeness,
            reporting.completeness_by_count,
            coalesce(unread_sell_out.is_named, false) as has_unread_line,
            -- absent from a complete report that came and was read: none sold
            unread_sell_out.pair_number is null
            and reporting.is_complete
            and reporting.is_delivered
            and not slices.lacks_sell_out
            and (not reporting.must_be_named or {{ is_named }}) as none_sold,
            {%- for measure in ['units', 'received_units', 'returned_units'] %}
            coalesce(sell_in.{{ measure }}, case when {{ knows_sell_in }} and unread_sell_in.pair_number is null then 0 end)
                as {{ 'sell_in_units' if measure == 'units' else measure }},
            {%- endfor %}
            coalesce(
                stock.on_hand_units,
                case when absent_stock_is_zero.partner_id is not null and unread_stock.pair_number is null then 0 end
            ) as counted_units,
            {%- if by_location %}
            case when so_far.stock_status = 'derived' then so_far.closing_stock_units end as derived_before,
            so_far.demand_so_far as demand_before,
            so_far.demand_since as demand_since_before,
            {%- else %}
            cast(null as decimal(18, 4)) as derived_before,
            cast(null as decimal(18, 4)) as demand_before,
            cast(null as date) as demand_since_before,
            {%- endif %}
            early_counts.partner_id is null as counts_whole_week,
            {%- for measure in ['sell_out', 'received', 'returned'] %}
            coalesce(after_count.{{ measure }}_units, 0) as {{ measure }}_after_count,
            {%- endfor %}
            {{ knows_sell_in }} and unread_sell_in.pair_number is null as knows_sell_in
        from dense
        inner join numbered_pairs
            on dense.pair_number = numbered_pairs.pair_number
        inner join {{ ref('int_weekly_slices') }} as slices
            on numbered_pairs.partner_id = slices.partner_id and dense.week_start = slices.week_start
        {%- for relation in ['sell_out', 'sell_in', 'stock', 'after_count'] %}
        left join {{ relation }}
            on {{ same_keys('numbered_pairs', relation, keys) }} and dense.week_start = {{ relation }}.week_start
        {%- endfor %}
        {%- for kind in sales_kinds() %}
        left join unread_{{ kind }}
            on dense.pair_number = unread_{{ kind }}.pair_number and dense.week_start = unread_{{ kind }}.week_start
        {%- endfor %}
        {%- for relation in ['reporting', 'absent_stock_is_zero', 'early_counts'] + (['named'] if by_location else []) %}
        left join {{ relation }}
            on {{ same_keys('numbered_pairs', relation, places) }} and dense.week_start = {{ relation }}.week_start
        {%- endfor %}
        {%- if by_location %}
        left join {{ ref('int_unplaced_sell_in') }} as unplaced
            on {{ same_keys('numbered_pairs', 'unplaced', ['partner_id', 'product_id']) }}
        left join {{ rows_so_far(columns_of_weekly_rows()) }} as so_far
            on
                {{ same_keys('numbered_pairs', 'so_far', keys) }}
                and dense.week_start = so_far.week_start
                and so_far.weeks_before = 1
        {%- endif %}
    ),

    told as (
        select
            reported.*,
            coalesce(line_units, case when shares_sell_out and none_sold then 0 end) as sell_out_units,
            case
                when not shares_sell_out then 'not_shared'
                when line_units is not null and (has_gap or lacks_sell_out or has_unread_line) then 'partial'
                when line_units is not null and is_spread then 'allocated'
                when line_units is not null then 'reported'
                when not is_delivered then 'missing'
                when not none_sold and not lacks_sell_out then 'missing'
                when has_gap then 'partial'
                else 'reported'
            end as sell_out_status
        from reported
    ),

    stated as (
        select
            told.*,
            knows_sell_in and sell_out_status in ('reported', 'allocated') and not is_held as knows_flows
        from told
    )

    select * from stated
    {%- endset %}

    {%- set stocked %}
    with stated as (
        {{ computed_once('stated', stated) }}
    ),

    {{ derived_stock() }},

    stocked as (
        select
            stated.*,
            coalesce(stated.counted_units, stated.derived_before, rolled.derived_units) as closing_stock_units,
            case
                when stated.counted_units is not null then 'reported'
                when coalesce(stated.derived_before, rolled.derived_units) is not null then 'derived'
                else 'unknown'
            end as stock_status
        from stated
        left join rolled
            on stated.pair_number = rolled.pair_number and stated.week_number = rolled.week_number
    )

    select * from stocked
    {%- endset %}

    with stocked as (
        {{ computed_once('stocked', stocked) }}
    ),

    {{ weeks_of_cover(keys if by_location) }},

    measured as (
        select
            stocked.*,
            former.closing_stock_units as opening_stock_units,
            coalesce(former.stock_status, 'unknown') as opening_stock_status,
            trailed.mean_sell_out_units,
            case when stocked.closing_stock_units = 0 then cast(0 as double) else covered.forward_weeks_of_cover end
                as forward_weeks_of_cover,
            demands.demand_so_far,
            demands.demand_since,
            case
                when stocked.line_units is not null then stocked.selling_locations
                when stocked.sell_out_units = 0 then 0
            end as known_selling_locations
        from stocked
        inner join trailed
            on stocked.pair_number = trailed.pair_number and stocked.week_number = trailed.week_number
        left join (
            select pair_number, week_number + 1 as week_number, closing_stock_units, stock_status
            from stocked
            where closing_stock_units is not null
        ) as former
            on stocked.pair_number = former.pair_number and stocked.week_number = former.week_number
        {%- for relation in ['demands', 'covered'] %}
        left join {{ relation }}
            on stocked.pair_number = {{ relation }}.pair_number and stocked.week_number = {{ relation }}.week_number
        {%- endfor %}
        {%- if by_location %}
        -- the week before those that are made anew is there to go on from
        left join (
            select distinct partner_id, week_start
            from {{ rows_so_far(columns_of_weekly_rows()) }} as so_far
            where weeks_before = 1
        ) as gone_on_from
            on stocked.partner_id = gone_on_from.partner_id and stocked.week_start = gone_on_from.week_start
        where gone_on_from.partner_id is null
        {%- endif %}
    )

    select
        {%- for key in keys %}
        measured.{{ key }},
        {%- endfor %}
        measured.week_start,
        cast(measured.sell_in_units as decimal(18, 4)) as sell_in_units,
        cast(measured.received_units as decimal(18, 4)) as received_units,
        cast(measured.returned_units as decimal(18, 4)) as returned_units,
        cast(measured.sell_out_units as decimal(18, 4)) as sell_out_units,
        measured.sell_out_status,
        {%- for completeness in ['completeness', 'completeness_by_count'] %}
        cast(case measured.sell_out_status
            when 'reported' then 1
            when 'allocated' then 1
            when 'partial' then measured.{{ completeness }}
            when 'missing' then 0
        end as double) as {{ completeness }},
        {%- endfor %}
        measured.mean_sell_out_units as trailing_sell_out_units,
        cast(measured.opening_stock_units as decimal(18, 4)) as opening_stock_units,
        cast(measured.closing_stock_units as decimal(18, 4)) as closing_stock_units,
        measured.stock_status,
        measured.opening_stock_status,
        {{ share(
            'measured.sell_out_units',
            'measured.opening_stock_units + measured.received_units - measured.returned_units'
        ) }} as sell_through_rate,
        {{ share('measured.sell_out_units', 'measured.sell_out_units + measured.closing_stock_units') }}
            as sell_through_rate_on_closing_stock,
        -- on a derived stock both rates agree by construction: no check
        case when measured.stock_status = 'reported' and measured.opening_stock_status = 'reported' then
            {{ share(
                'measured.sell_out_units',
                'measured.opening_stock_units + measured.received_units - measured.returned_units'
            ) }}
            - {{ share('measured.sell_out_units', 'measured.sell_out_units + measured.closing_stock_units') }}
        end as sell_through_rate_gap,
        {{ share('measured.sell_out_units', 'measured.sell_in_units') }} as sell_out_to_sell_in_ratio,
        case
            when measured.mean_sell_out_units > 0
                then cast(measured.closing_stock_units as double) / measured.mean_sell_out_units
        end as trailing_weeks_of_cover,
        measured.forward_weeks_of_cover,
        cast(measured.known_selling_locations as bigint) as selling_locations,
        {{ share('measured.sell_out_units', 'measured.known_selling_locations') }} as velocity,
        {{ share('measured.amount', 'measured.priced_units') }} as average_selling_price,
        measured.is_held,
        measured.held_reason,
        measured.warnings
        {%- if by_location %},
        cast(measured.demand_so_far / 10000 as decimal(18, 4)) as demand_so_far,
        measured.demand_since
        {%- endif %}
    from measured
    {%- if by_location %}
    union all
    -- how long a stock lasts is told by the weeks after it
    select
    {%- for column in columns_of_weekly_rows() %}
        {{ 'lasting_otherwise' if column == 'forward_weeks_of_cover' else 'so_far' }}.{{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
    from {{ rows_so_far(columns_of_weekly_rows()) }} as so_far
    inner join lasting_otherwise
        on {{ same_keys('so_far', 'lasting_otherwise', keys + ['week_start']) }}
    -- said again where rows are read, which are wide
    where so_far.closing_stock_units > 0
    {%- endif %}
{%- endmacro %}

{#- Columns that a weekly sell-through by location tells, with their types. -#}
{% macro weekly_columns() -%}
    {{ return({
        'partner_id': dbt.type_string(),
        'location_id': dbt.type_string(),
        'product_id': dbt.type_string(),
        'week_start': 'date',
        'sell_in_units': 'decimal(18, 4)',
        'received_units': 'decimal(18, 4)',
        'returned_units': 'decimal(18, 4)',
        'sell_out_units': 'decimal(18, 4)',
        'sell_out_status': dbt.type_string(),
        'completeness': 'double',
        'completeness_by_count': 'double',
        'trailing_sell_out_units': 'double',
        'opening_stock_units': 'decimal(18, 4)',
        'closing_stock_units': 'decimal(18, 4)',
        'stock_status': dbt.type_string(),
        'opening_stock_status': dbt.type_string(),
        'sell_through_rate': 'double',
        'sell_through_rate_on_closing_stock': 'double',
        'sell_through_rate_gap': 'double',
        'sell_out_to_sell_in_ratio': 'double',
        'trailing_weeks_of_cover': 'double',
        'forward_weeks_of_cover': 'double',
        'selling_locations': 'bigint',
        'velocity': 'double',
        'average_selling_price': 'double',
        'is_held': 'boolean',
        'held_reason': dbt.type_string(),
        'warnings': dbt.type_string(),
    }) }}
{%- endmacro %}

{#- The same, and what a row keeps for the weeks after it. -#}
{% macro columns_of_weekly_rows() -%}
    {%- set columns = weekly_columns() -%}
    {%- do columns.update({'demand_so_far': 'decimal(18, 4)', 'demand_since': 'date'}) -%}
    {{ return(columns) }}
{%- endmacro %}

{#-
A weekly sell-through with the estimates of missing sell-out beside it. They are joined last: one partner's sales are
part of the season by which all are estimated, and what is kept by partner must not change with them.
-#}
{% macro with_estimates(sell_through, keys) -%}
    with sell_through as (
        {{ sell_through }}
    ),

    estimates as (
        select {{ keys | join(', ') }}, week_start, sum(units) as units
        from {{ ref('int_weekly_estimates') }}
        {%- if 'location_id' in keys %}
        where location_id is not null
        {%- endif %}
        group by {{ keys | join(', ') }}, week_start
    )

    select
        sell_through.*,
        cast(estimates.units as decimal(18, 4)) as estimated_sell_out_units
    from sell_through
    left join estimates
        on {{ same_keys('sell_through', 'estimates', keys + ['week_start']) }}
{%- endmacro %}

{#-
Units in ten thousandths, of which a double holds sums exactly: in whatever order, from whichever week on, they come to the
same.
-#}
{% macro ten_thousandths(units) -%}
    round(cast({{ units }} as double) * 10000)
{%- endmacro %}

{#- A quotient as a double; null where the divisor is 0 or anything is unknown. -#}
{% macro share(dividend, divisor) -%}
    cast({{ dividend }} as double) / nullif(cast({{ divisor }} as double), 0)
{%- endmacro %}

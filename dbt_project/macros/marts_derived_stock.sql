{#- Stock between two counts: rolled forward from the last one while every flow since is known. -#}

{#-
From `stated` (pair_number, week_number, counted_units, derived_before, received_units, returned_units, sell_out_units,
*_after_count, knows_flows): `rolled`, one row a pair x week without a count whose stock follows from the last count:
opening + received - returned - sell-out. Adjustments come with the count that they lead to, so that there is none to
add between two counts. Nothing is derived where there is no count to begin from. A stock that was derived before
(`derived_before`, at the close of its week) is gone on from like a count.
-#}
{% macro derived_stock() -%}
    counted_pairs as (
        select distinct pair_number
        from stated
        where counted_units is not null or derived_before is not null
    ),

    stock_flows as (
        select
            stated.pair_number,
            week_number,
            cast(coalesce(counted_units, derived_before) as double) as counted_units,
            cast(coalesce(received_units - returned_units - sell_out_units, 0) as double) as net_units,
            cast(case
                when derived_before is null then received_after_count - returned_after_count - sell_out_after_count
                else 0
            end as double) as net_after_count,
            case when knows_flows and received_units - returned_units - sell_out_units is not null then 0 else 1 end
                as is_unknown,
            counts_whole_week or derived_before is not null as counts_whole_week
        from stated
        inner join counted_pairs
            on stated.pair_number = counted_pairs.pair_number
    ),

    numbered_counts as (
        select
            stock_flows.*,
            count(counted_units) over (partition by pair_number order by week_number) as count_number,
            sum(net_units) over (
                partition by pair_number order by week_number rows between unbounded preceding and current row
            ) as net_so_far,
            sum(is_unknown) over (
                partition by pair_number order by week_number rows between unbounded preceding and current row
            ) as unknown_so_far,
            row_number() over (partition by pair_number order by week_number) - week_number as unbroken_run
        from stock_flows
    ),

    rolled as (
        select
            later.pair_number,
            later.week_number,
            cast(
                counted.counted_units + counted.net_after_count + later.net_so_far - counted.net_so_far
                as decimal(18, 4)
            ) as derived_units
        from numbered_counts as later
        inner join numbered_counts as counted
            on later.pair_number = counted.pair_number and later.count_number = counted.count_number
        where
            later.counted_units is null
            and counted.counted_units is not null
            and later.unbroken_run = counted.unbroken_run
            and later.unknown_so_far = counted.unknown_so_far
            -- what happened after a count within its week is part of the way
            and (counted.counts_whole_week or counted.is_unknown = 0)
    )
{%- endmacro %}

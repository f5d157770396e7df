{#- Counts of what must never be: each is a scalar subquery, 0 where the invariant holds. -#}

{#- Rows beyond the first of each key. -#}
{% macro repeated_keys(relation, key) -%}
    (
            select coalesce(sum(rows_of_key - 1), 0)
            from (
                select count(*) as rows_of_key
                from {{ relation }}
                group by {{ key | join(', ') }}
                having count(*) > 1
            ) as repeated
        )
{%- endmacro %}

{#- Partners whose weekly sell-out differs from the sum of the lines (`located` ones) that weekly tables take. -#}
{% macro partners_out_of_balance(weekly, located) -%}
    (
            select count(*)
            from (
                select partner_id, sum(units) as units
                from (
                    select partner_id, sell_out_units as units
                    from {{ weekly }}
                    where sell_out_status in ('reported', 'partial', 'allocated')
                    union all
                    select partner_id, - units
                    from {{ ref('fct_sell_out') }}
                    where
                        {{ days_between('period_start', 'period_end') }} < {{ longest_spread_days() }}
                        and {{ located }}
                ) as both_sides
                group by partner_id
                having sum(units) <> 0
            ) as unbalanced
        )
{%- endmacro %}

{#- Every code that a sales feed sends, once a feed; the base of all matching and of master rows where no master feed exists. -#}
{% macro sales_kinds() -%}
    {{ return(['sell_in', 'sell_out', 'stock']) }}
{%- endmacro %}

{#- Current lines of a master kind, one an id: where several feeds name it, the one received last. -#}
{% macro current_master(kind, id) -%}
    select *
    from (
        select
            lines.*,
            row_number() over (
                partition by {{ id }}
                order by received_at desc, file_name desc, delivery_id desc, line_number desc
            ) as place_of_id
        from ({{ current_lines(kind) }}) as lines
        where line_state = 'current'
    ) as placed
    where place_of_id = 1
{%- endmacro %}

{#- True where at least one delivery of the master kind has arrived: from then on codes that it lacks are unmatched. -#}
{% macro has_feed(kind) -%}
    exists (
        select 1
        from {{ ref('stg_deliveries') }}
        where
            kind = '{{ kind }}'
            and not is_withdrawn
            -- a file of which nothing could be read is no feed yet
            and (lines_parsed > 0 or lines_quarantined = 0)
    )
{%- endmacro %}

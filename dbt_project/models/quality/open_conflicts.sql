{#- built after what tells of its lines (macros/by_unit.sql), and not made of it -#}
{%- if not execute %}{{ ref('stg_delivery_weeks') }}{% endif -%}
{%- set units_of = {'sell_in': 'units', 'sell_out': 'units', 'stock': 'on_hand_units'} -%}

with
{%- for kind in sales_kinds() %}
{%- set conflicts %}
    select
        contract_id,
        delivery_id,
        conflict_key as line_key,
        partner_id,
        week_start,
        abs({{ units_of[kind] }}) as absolute_units
    from {{ ref('stg_' ~ kind) }}
    where conflict_key is not null and partner_id is not null
{%- endset %}
{{ kind }}_conflicts as (
    {{ few_rows(conflicts) }}
),

-- few: conflicts are rare, and lines of other keys say nothing of them
{{ kind }}_said as (
    select *
    from {{ keyed_lines(kind) }} as lines
    where exists (
        select 1
        from {{ kind }}_conflicts as conflicts
        where conflicts.contract_id = lines.contract_id and conflicts.line_key = lines.line_key
    )
),

{{ kind }}_settled as (
    -- a later delivery of the feed says which holds
    select conflicts.delivery_id, conflicts.line_key
    from {{ kind }}_conflicts as conflicts
    inner join {{ ref('stg_deliveries') }} as origin
        on conflicts.delivery_id = origin.delivery_id
    inner join {{ kind }}_said as said
        on conflicts.contract_id = said.contract_id and conflicts.line_key = said.line_key
    inner join {{ ref('stg_deliveries') }} as later
        on
            said.delivery_id = later.delivery_id
            and (
                later.received_at > origin.received_at
                or (later.received_at = origin.received_at and later.file_name > origin.file_name)
            )
    where origin.delivery_mode = 'keyed' and not later.is_withdrawn
    union
    -- what was kept of the conflict counts no more
    select conflicts.delivery_id, conflicts.line_key
    from {{ kind }}_conflicts as conflicts
    inner join {{ kind }}_said as said
        on conflicts.delivery_id = said.delivery_id and conflicts.line_key = said.line_key
    inner join {{ ref('stg_' ~ kind) }} as kept
        on said.delivery_id = kept.delivery_id and said.line_number = kept.line_number
    where kept.line_class = 'superseded'
){{ ',' if not loop.last }}

{% endfor %}
{%- for kind in sales_kinds() %}
select
    '{{ kind }}' as kind,
    conflicts.contract_id,
    conflicts.delivery_id,
    conflicts.partner_id,
    conflicts.week_start,
    cast(sum(conflicts.absolute_units) as decimal(38, 4)) as conflict_units
from {{ kind }}_conflicts as conflicts
left join {{ kind }}_settled as settled
    on conflicts.delivery_id = settled.delivery_id and conflicts.line_key = settled.line_key
where settled.delivery_id is null
group by conflicts.contract_id, conflicts.delivery_id, conflicts.partner_id, conflicts.week_start
{{ 'union all' if not loop.last }}
{%- endfor %}

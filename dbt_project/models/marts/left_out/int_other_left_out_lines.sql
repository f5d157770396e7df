{%- set days = {
    'sell_in': ['coalesce(received_on, document_date)', 'coalesce(received_on, document_date)'],
    'sell_out': ['period_start', 'period_end'],
    'stock': ['snapshot_date', 'snapshot_date'],
} -%}
{%- set text = dbt.type_string() -%}
{#- few lines of many: found one way at a time, of which each reads no more of the others than it asks for -#}
with held_back as (
{%- for kind in sales_kinds() %}
{%- for condition in [is_of_held_slice(kind), is_carried_already(kind) ~ ' and not ' ~ is_of_held_slice(kind)] %}
    select
        {{ columns_of_left_out_lines(kind) }},
        week_start
    from {{ ref('stg_' ~ kind) }} as lines
    where line_class = 'accepted' and {{ condition }}
    {{ 'union all' if not loop.last }}
{%- endfor %}
    {{ 'union all' if not loop.last }}
{%- endfor %}
),

deliveries as (
    select *
    from {{ ref('stg_deliveries') }}
    where kind in ('sell_in', 'sell_out', 'stock')
),

-- of these lines only the number is known
whole as (
    select
        deliveries.*,
        'duplicate' as line_class,
        'the file brings the same bytes as delivery ' || effective_delivery_id as reason,
        lines_read as lines
    from deliveries
    where is_resent
    union all
    select
        deliveries.*,
        'out_of_scope' as line_class,
        'the delivery was withdrawn: ' || coalesce(withdrawn_reason, '') as reason,
        lines_read as lines
    from deliveries
    where is_withdrawn
    union all
    select
        deliveries.*,
        'out_of_scope' as line_class,
        'the contract does not take the line in' as reason,
        lines_out_of_scope as lines
    from deliveries
    where not is_resent and not is_withdrawn and lines_out_of_scope > 0
)

select
    held_back.kind,
    held_back.delivery_id,
    held_back.line_number,
    cast(1 as bigint) as lines,
    held_back.partner_id,
    held_back.location_id,
    held_back.product_id,
    held_back.first_day,
    held_back.last_day,
    held_back.units,
    held_back.free_units,
    held_back.adjustment_units,
    'held' as line_class,
    coalesce(held.reason, 'the line stands in the facts as it was last published') as reason,
    cast(null as {{ text }}) as raw_line
from held_back
left join {{ source('gates', 'held_slices') }} as held
    on
        held_back.kind = held.kind
        and held_back.partner_id = held.partner_id
        and held_back.week_start = held.week_start
union all
select
    quarantined.kind,
    quarantined.delivery_id,
    quarantined.line_number,
    cast(1 as bigint) as lines,
    quarantined.partner_id,
    cast(null as {{ text }}) as location_id,
    cast(null as {{ text }}) as product_id,
    coalesce(quarantined.line_date, ledger.period_start) as first_day,
    coalesce(quarantined.line_date, ledger.period_end) as last_day,
    cast(null as decimal(18, 4)) as units,
    cast(null as decimal(18, 4)) as free_units,
    cast(null as decimal(18, 4)) as adjustment_units,
    'quarantined' as line_class,
    quarantined.reason,
    quarantined.raw_line
from {{ ref('quarantine') }} as quarantined
inner join {{ ref('delivery_ledger') }} as ledger
    on quarantined.delivery_id = ledger.delivery_id
where quarantined.kind in ('sell_in', 'sell_out', 'stock')
union all
select
    whole.kind,
    whole.delivery_id,
    cast(null as bigint) as line_number,
    cast(whole.lines as bigint) as lines,
    whole.partner_id,
    cast(null as {{ text }}) as location_id,
    cast(null as {{ text }}) as product_id,
    ledger.period_start as first_day,
    ledger.period_end as last_day,
    cast(null as decimal(18, 4)) as units,
    cast(null as decimal(18, 4)) as free_units,
    cast(null as decimal(18, 4)) as adjustment_units,
    whole.line_class,
    whole.reason,
    cast(null as {{ text }}) as raw_line
from whole
inner join {{ ref('delivery_ledger') }} as ledger
    on whole.delivery_id = ledger.delivery_id
{%- for kind in sales_kinds() %}
union all
select
    '{{ kind }}' as kind,
    delivery_id,
    line_number,
    cast(1 as bigint) as lines,
    partner_id,
    location_id,
    product_id,
    {{ days[kind][0] }} as first_day,
    {{ days[kind][1] }} as last_day,
    {{ 'on_hand_units' if kind == 'stock' else 'units' }} as units,
    {{ 'free_units' if kind == 'sell_in' else 'cast(null as decimal(18, 4))' }} as free_units,
    cast(null as decimal(18, 4)) as adjustment_units,
    'carried' as line_class,
    'its slice is held: the facts keep the line as it was last published' as reason,
    cast(null as {{ text }}) as raw_line
from {{ source('carried', 'fct_' ~ kind) }}
{%- endfor %}

{%- set measured = {
    'sell_in': ['units', 'free_units', 'cast(null as decimal(18, 4))', 'receipt_date', 'receipt_date'],
    'sell_out': ['units', 'cast(null as decimal(18, 4))', 'cast(null as decimal(18, 4))', 'period_start', 'period_end'],
    'stock': ['on_hand_units', 'cast(null as decimal(18, 4))', 'adjustment_units', 'snapshot_date', 'snapshot_date'],
} -%}
{%- set days = {
    'sell_in': ['coalesce(received_on, document_date)', 'coalesce(received_on, document_date)'],
    'sell_out': ['period_start', 'period_end'],
    'stock': ['snapshot_date', 'snapshot_date'],
} -%}
{%- set text = dbt.type_string() -%}
{#- few lines of many: found one way at a time, of which each reads no more of the others than it asks for -#}
with judged as (
{%- for kind, (units, free_units, adjustment_units, first_day, last_day) in measured.items() %}
{%- for is_held_back, condition in [
    ('false', "lines.line_class <> 'accepted'"),
    ('true', "line_class = 'accepted' and " ~ is_of_held_slice(kind)),
    ('true', "line_class = 'accepted' and " ~ is_carried_already(kind) ~ ' and not ' ~ is_of_held_slice(kind)),
] %}
    select
        '{{ kind }}' as kind,
        delivery_id,
        line_number,
        partner_id,
        location_id,
        product_id,
        {{ first_day }} as first_day,
        {{ last_day }} as last_day,
        week_start,
        {{ units }} as units,
        {{ free_units }} as free_units,
        {{ adjustment_units }} as adjustment_units,
        product_code,
        location_code,
        partner_code,
        line_class,
        is_restatement,
        is_conflict,
        {{ 'is_overlapped' if kind == 'sell_out' else 'false' }} as is_overlapped,
        unmatched_reason,
        {{ is_held_back }} as is_held_back
    from {{ ref('stg_' ~ kind) }} as lines
    where
        {{ condition }}
    {{ 'union all' if not loop.last }}
{%- endfor %}
    {{ 'union all' if not loop.last }}
{%- endfor %}
),

parsed as (
    select
        judged.kind,
        judged.delivery_id,
        judged.line_number,
        judged.partner_id,
        judged.location_id,
        judged.product_id,
        judged.first_day,
        judged.last_day,
        judged.week_start,
        judged.units,
        judged.free_units,
        judged.adjustment_units,
        case when judged.is_held_back then 'held' else judged.line_class end as line_class,
        case
            when judged.is_held_back then coalesce(held.reason, 'the line stands in the facts as it was last published')
            when judged.line_class = 'duplicate' and judged.is_conflict
                then 'the key stands in the delivery again with other values: its last line counts'
            when judged.line_class = 'duplicate' then 'it repeats a line that counts'
            when judged.is_overlapped then 'its days are told by lines of another period, which count instead'
            when judged.line_class = 'superseded' then 'what came later replaced it'
            when judged.unmatched_reason = 'partner'
                then 'no mapping knows partner ' || coalesce(judged.partner_code, '')
            when judged.unmatched_reason = 'product'
                then 'no mapping knows product ' || coalesce(judged.product_code, '')
            when judged.unmatched_reason = 'location'
                then 'no mapping knows location ' || coalesce(judged.location_code, '')
            else 'how many units a case of ' || coalesce(judged.product_code, '') || ' holds is not known'
        end as reason
    from judged
    left join {{ source('gates', 'held_slices') }} as held
        on
            judged.kind = held.kind
            and judged.partner_id = held.partner_id
            and judged.week_start = held.week_start
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
    kind,
    delivery_id,
    line_number,
    cast(1 as bigint) as lines,
    partner_id,
    location_id,
    product_id,
    first_day,
    last_day,
    units,
    free_units,
    adjustment_units,
    line_class,
    reason,
    cast(null as {{ text }}) as raw_line
from parsed
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

with left_out as (
{%- for kind in sales_kinds() %}
    select
        contract_id,
        {{ columns_of_left_out_lines(kind) }},
        week_start,
        line_class,
        partner_code,
        location_code,
        product_code,
        is_conflict,
        {{ 'is_overlapped' if kind == 'sell_out' else 'false' }} as is_overlapped,
        unmatched_reason
    from {{ ref('stg_' ~ kind) }}
    where line_class <> 'accepted'
    {{ 'union all' if not loop.last }}
{%- endfor %}
)

select
    contract_id,
    kind,
    delivery_id,
    line_number,
    partner_id,
    location_id,
    product_id,
    first_day,
    last_day,
    units,
    free_units,
    adjustment_units,
    week_start,
    line_class,
    case
        when line_class = 'duplicate' and is_conflict
            then 'the key stands in the delivery again with other values: its last line counts'
        when line_class = 'duplicate' then 'it repeats a line that counts'
        when is_overlapped then 'its days are told by lines of another period, which count instead'
        when line_class = 'superseded' then 'what came later replaced it'
        when unmatched_reason = 'partner' then 'no mapping knows partner ' || coalesce(partner_code, '')
        when unmatched_reason = 'product' then 'no mapping knows product ' || coalesce(product_code, '')
        when unmatched_reason = 'location' then 'no mapping knows location ' || coalesce(location_code, '')
        else 'how many units a case of ' || coalesce(product_code, '') || ' holds is not known'
    end as reason
from left_out

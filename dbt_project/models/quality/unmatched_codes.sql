{{ config(tags=['after_suggestions']) }}

select
    unknown.partner_id,
    unknown.code,
    unknown.label,
    unknown.lines,
    unknown.units,
    unknown.first_seen,
    coalesce(unknown.product_id, suggestions.suggested_product_id) as suggested_product_id,
    -- where only the content of a case is unknown, the product is not
    case when unknown.product_id is not null then cast(1 as double) else suggestions.suggestion_score end
        as suggestion_score,
    unknown.code_type
from {{ ref('unknown_codes') }} as unknown
left join {{ source('quality', 'code_suggestions') }} as suggestions
    on
        unknown.code_type = 'product'
        and unknown.partner_id = suggestions.partner_id
        and unknown.code = suggestions.code

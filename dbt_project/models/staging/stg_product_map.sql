{%- set meaning = "product_id || ' x ' || coalesce(cast(units_per_code as " ~ dbt.type_string() ~ "), '')" -%}
{#- how a code may be read: spelling, the code so spelt, whether that repairs what a spreadsheet ate -#}
{%- set readings = [
    ('as_sent', 'product_code', false),
    ('gtin', 'gtin', false),
    ('cip7', cip7_of_gtin('gtin'), false),
    ('cip7', cip7_as_written('digits'), false),
    ('gtin', gtin14_without_zeros('digits'), true),
    ('zeros_eaten', digits_left('product_code'), true),
] %}
with codes as (
    select distinct
        product_code,
        {{ code_digits('product_code') }} as digits
    from {{ ref('stg_partner_product_codes') }}
),

gtins as (
    select
        product_code,
        digits,
        {{ gtin14_as_written('digits') }} as gtin
    from codes
),

spelt as (
    {%- for spelling, code, is_repaired in readings %}
    select
        product_code,
        '{{ spelling }}' as spelling,
        {{ code }} as code,
        {{ is_repaired }} as is_repaired
    from gtins
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

candidates as (
    select
        met.partner_id,
        met.product_code,
        spelt.is_repaired,
        known.preference,
        known.product_id,
        known.units_per_code,
        known.valid_from,
        known.valid_to
    from spelt
    inner join {{ ref('stg_known_codes') }} as known
        on spelt.spelling = known.spelling and spelt.code = known.code
    inner join {{ ref('stg_partner_product_codes') }} as met
        on
            spelt.product_code = met.product_code
            and (known.partner_id is null or known.partner_id = met.partner_id)
),

judged as (
    select
        candidates.*,
        -- a code that is known as it was sent is never repaired, on no day
        min(case when is_repaired then 1 else 0 end) over (partition by partner_id, product_code) = 1 as is_unknown,
        min(case when is_repaired then {{ meaning }} end) over (partition by partner_id, product_code) as first_meaning,
        max(case when is_repaired then {{ meaning }} end) over (partition by partner_id, product_code) as last_meaning
    from candidates
),

possible as (
    select *
    from judged
    where
        not is_repaired
        -- a repair that could mean two things would be a guess
        or (is_unknown and first_meaning = last_meaning)
),

turning_points as (
    select partner_id, product_code, valid_from as starts_on from possible
    union
    select partner_id, product_code, {{ add_days('valid_to', 1) }} as starts_on from possible
),

stretches as (
    select
        partner_id,
        product_code,
        starts_on,
        lead(starts_on) over (partition by partner_id, product_code order by starts_on) as next_starts_on
    from turning_points
),

ranked as (
    select
        stretches.partner_id,
        stretches.product_code,
        stretches.starts_on as valid_from,
        {{ add_days('stretches.next_starts_on', -1) }} as valid_to,
        possible.product_id,
        possible.units_per_code,
        possible.is_repaired,
        row_number() over (
            partition by stretches.partner_id, stretches.product_code, stretches.starts_on
            order by possible.preference asc, possible.valid_from desc, possible.product_id asc
        ) as place
    from stretches
    inner join possible
        on
            stretches.partner_id is not distinct from possible.partner_id
            and stretches.product_code = possible.product_code
            and stretches.starts_on between possible.valid_from and possible.valid_to
    where stretches.next_starts_on is not null
)

select
    ranked.partner_id,
    ranked.product_code,
    ranked.valid_from,
    ranked.valid_to,
    ranked.product_id,
    ranked.units_per_code,
    -- lists write 0 for a case that nobody knows; cases of it would be no units at all
    case when products.units_per_case > 0 then products.units_per_case end as units_per_case,
    ranked.is_repaired
from ranked
inner join {{ ref('stg_products') }} as products
    on ranked.product_id = products.product_id
where ranked.place = 1

{{ known_to_feeds(ref('stg_product_map'), [
    'partner_id', 'product_code', 'valid_from', 'valid_to', 'product_id', 'units_per_code', 'units_per_case',
]) }}

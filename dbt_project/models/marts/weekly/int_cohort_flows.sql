{{ config(contract={'enforced': false}, meta={'looks_back': 1}) }}

{{ flows_since_receipt(ref('int_weekly_sell_through'), ['partner_id', 'location_id', 'product_id']) }}

{{ with_estimates('select * from ' ~ ref('int_partner_sell_through'), ['partner_id', 'product_id']) }}

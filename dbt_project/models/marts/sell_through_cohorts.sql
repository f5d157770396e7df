{{ sell_through_cohorts(ref('int_partner_sell_through'), ['partner_id', 'product_id']) }}

{{ sell_through_cohorts(ref('sell_through_weekly'), ['partner_id', 'product_id']) }}

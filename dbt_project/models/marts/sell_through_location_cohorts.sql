{{ sell_through_cohorts(ref('int_weekly_sell_through'), ['partner_id', 'location_id', 'product_id']) }}

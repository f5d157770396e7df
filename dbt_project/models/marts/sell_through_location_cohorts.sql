{{ sell_through_cohorts(ref('sell_through_location_weekly'), ['partner_id', 'location_id', 'product_id']) }}

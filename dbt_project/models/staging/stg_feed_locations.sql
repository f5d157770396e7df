{{ known_to_feeds(ref('stg_location_map'), ['partner_id', 'location_code', 'location_id']) }}

{{ config(contract={'enforced': false}) }}

{{ with_estimates('select * from ' ~ ref('int_estimated_weeks'), ['partner_id', 'location_id', 'product_id']) }}

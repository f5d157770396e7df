{%- set keys = ['partner_id', 'location_id', 'product_id'] -%}
{%- set rows = with_estimates('select * from ' ~ ref('int_weekly_sell_through'), keys) -%}
-- a view has the columns of its query, and not those of its contract in their order; a unit test knows no contract
{{ get_select_subquery(rows) if model['columns'] else rows }}

{{ with_estimates(sell_through('partner'), ['partner_id', 'product_id']) }}

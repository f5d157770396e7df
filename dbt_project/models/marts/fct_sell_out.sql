{#- A deleted line is accepted and counts nothing: it says that what it replaces was no sale. -#}
{{ composed_fact('sell_out', [
    ('partner_id', 'partner_id'),
    ('location_id', 'location_id'),
    ('product_id', 'product_id'),
    ('period_start', 'period_start'),
    ('period_end', 'period_end'),
    ('units', 'case when is_deleted then cast(0 as decimal(18, 4)) else units end'),
    ('amount', 'case when is_deleted then cast(0 as decimal(18, 6)) else amount end'),
    ('currency', 'currency'),
    ('amount_reporting', 'case when is_deleted then cast(0 as decimal(18, 6)) else amount_reporting end'),
    ('transaction_id', 'transaction_id'),
    ('campaign_code', 'campaign_code'),
    ('delivery_id', 'delivery_id'),
    ('line_number', 'line_number'),
    ('week_start', 'week_start'),
]) }}

{{ composed_fact('stock', [
    ('partner_id', 'partner_id'),
    ('location_id', 'location_id'),
    ('product_id', 'product_id'),
    ('snapshot_date', 'snapshot_date'),
    ('on_hand_units', 'on_hand_units'),
    ('in_transit_units', 'in_transit_units'),
    ('on_order_units', 'on_order_units'),
    ('adjustment_units', 'adjustment_units'),
    ('delivery_id', 'delivery_id'),
    ('line_number', 'line_number'),
    ('week_start', 'week_start'),
]) }}

{#- The canonical columns of a record kind, as `orchestration/contracts/kinds.py` declares them; a test holds the two equal. -#}
{% macro canonical_columns(kind) -%}
    {%- set columns = {
        'sell_in': [
            'document_id', 'document_line', 'document_type', 'document_date', 'received_on', 'partner_code',
            'location_code', 'product_code', 'label', 'units', 'free_units', 'net_amount', 'currency',
        ],
        'sell_out': [
            'transaction_id', 'partner_code', 'location_code', 'product_code', 'label', 'period_start', 'period_end',
            'units', 'returned_units', 'amount', 'currency', 'campaign_code', 'customer_id', 'deleted',
        ],
        'stock': [
            'partner_code', 'location_code', 'product_code', 'label', 'snapshot_date', 'on_hand_units',
            'in_transit_units', 'on_order_units', 'adjustment_units',
        ],
        'products': [
            'product_id', 'product_name', 'gtin', 'brand', 'category', 'units_per_case', 'list_price', 'currency',
            'launched_on', 'discontinued_on',
        ],
        'product_codes': [
            'partner_id', 'code', 'code_type', 'product_id', 'units_per_code', 'valid_from', 'valid_to',
        ],
        'partners': [
            'partner_id', 'partner_name', 'partner_type', 'country', 'currency', 'parent_partner_id', 'lead_time_days',
        ],
        'partner_codes': ['contract_id', 'code', 'partner_id'],
        'locations': [
            'location_id', 'partner_id', 'location_code', 'location_name', 'region', 'postal_code', 'opened_on',
            'closed_on',
        ],
        'campaigns': [
            'campaign_id', 'campaign_name', 'campaign_type', 'starts_on', 'ends_on', 'partner_id', 'location_id',
            'product_id', 'cost', 'currency',
        ],
        'exchange_rates': ['rate_date', 'from_currency', 'to_currency', 'rate'],
    } -%}
    {{ return(columns[kind]) }}
{%- endmacro %}

{% macro master_kinds() -%}
    {{ return([
        'products', 'product_codes', 'partners', 'partner_codes', 'locations', 'campaigns', 'exchange_rates',
    ]) }}
{%- endmacro %}

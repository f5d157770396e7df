select
{%- for column in canonical_columns('product_codes') %}
    {{ column }}{{ ',' if not loop.last }}
{%- endfor %}
from ({{ current_lines('product_codes') }}) as lines
where line_state = 'current'

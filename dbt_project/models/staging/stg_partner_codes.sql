select
{%- for column in canonical_columns('partner_codes') %}
    {{ column }}{{ ',' if not loop.last }}
{%- endfor %}
from ({{ current_lines('partner_codes') }}) as lines
where line_state = 'current'

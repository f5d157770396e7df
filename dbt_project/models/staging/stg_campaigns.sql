select
{%- for column in canonical_columns('campaigns') %}
    {{ column }}{{ ',' if not loop.last }}
{%- endfor %}
from ({{ current_lines('campaigns') }}) as lines
where line_state = 'current'

select
{%- for column in canonical_columns('campaigns') %}
    {{ column }}{{ ',' if not loop.last }}
{%- endfor %}
from ({{ current_master('campaigns', 'campaign_id') }}) as lines

{#- Fails with each GTIN of 14 digits whose last is not the check digit that GS1 asks for. -#}
{% test gs1_check_digit(model, column_name) %}
select {{ column_name }}
from {{ model }}
where {{ column_name }} is not null and not {{ has_gs1_check_digit(column_name) }}
{% endtest %}

{#-
What an enforced contract costs a run.

dbt asks the warehouse twice for the columns of a model: as its query names them, and as its contract does. The second
answer only spells types in one way, and is asked for where the contract does not spell them as the warehouse does.
-#}
{% macro duckdb__get_assert_columns_equivalent(sql) -%}
    {%- set computed = {} -%}
    {%- for column in get_column_schema_from_query(sql, config.get('sql_header')) -%}
        {%- do computed.update({column.name: column.dtype | lower}) -%}
    {%- endfor -%}
    {%- set declared = {} -%}
    {%- for column in model.columns.values() -%}
        {%- do declared.update({column.name: column.data_type}) -%}
    {%- endfor -%}
    {%- if computed != declared -%}
        {{ return(assert_columns_equivalent(sql)) }}
    {%- endif -%}
{%- endmacro %}

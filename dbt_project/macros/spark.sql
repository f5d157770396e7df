{#- What dbt's adapter of Spark does otherwise than the models need. -#}

{#- Tables lie where the next session finds them again, and are written over. -#}
{% macro spark__location_clause() -%}
    location '{{ env_var('SELLTRACE_HOME') }}/spark/tables/{{ model.schema }}/{{ model.alias }}'
{%- endmacro %}

{#- Types of contracts are those of DuckDB; Spark has no `varchar` without a length. -#}
{% macro spark__get_empty_schema_sql(columns) -%}
    select
    {%- for column in columns.values() %}
        cast(null as {{ 'string' if column.data_type == 'varchar' else column.data_type }}) as {{ column.name }}
        {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- What a contract says is never missing, files of Parquet do not refuse: the query that fills them does. -#}
{% macro spark__get_select_subquery(sql) -%}
    select
    {%- for column in model.columns.values() %}
        {%- if column.constraints | selectattr('type', 'equalto', 'not_null') | list %}
        coalesce({{ column.name }}, raise_error('{{ column.name }} of {{ model.name }} is missing in a row')) as {{ column.name }}
        {%- else %}
        {{ column.name }}
        {%- endif %}
        {{- ',' if not loop.last }}
    {%- endfor %}
    from (
        {{ sql }}
    ) as model_subq
{%- endmacro %}

{#- A text of a group's values in order; null without any. -#}
{% macro spark__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    {%- if limit_num -%}
        {#- a list of pairs sorts by their first: what the text is ordered by -#}
        {%- set key = order_by_clause | replace('order by ', '', 1) -%}
        nullif(array_join(transform(
            slice(sort_array(collect_list(
                case when {{ measure }} is not null then struct({{ key }} as key, {{ measure }} as value) end
            )), 1, {{ limit_num }}),
            pair -> pair.value
        ), {{ delimiter_text }}), '')
    {%- else -%}
        listagg({{ measure }}, {{ delimiter_text }}) within group ({{ order_by_clause }})
    {%- endif -%}
{%- endmacro %}

{#- A table of units is written whole: what it keeps of its units is DuckDB's. -#}
{% materialization by_unit, adapter='spark' %}
    {{ return(materialization_table_spark()) }}
{% endmaterialization %}

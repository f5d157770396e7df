{#-
A query that several others read, computed once: as it stands where the engine sees to that by itself, written aside
first where the engine computes it anew for each of them, and plans it anew.
-#}
{% macro computed_once(name, query) -%}
    {{ return(adapter.dispatch('computed_once')(name, query)) }}
{%- endmacro %}

{% macro default__computed_once(name, query) -%}
    {{ query }}
{%- endmacro %}

{#- What is written aside ends with the session: its folder is that of the cluster. -#}
{% macro spark__computed_once(name, query) -%}
    {%- if execute and flags.WHICH in ['run', 'build'] -%}
        {%- set aside = model.schema ~ '.' ~ model.alias ~ '__' ~ name -%}
        {%- do run_query('drop table if exists ' ~ aside) -%}
        {%- do run_query('create table ' ~ aside ~ ' using parquet as ' ~ query) -%}
        select * from {{ aside }}
    {%- else -%}
        {{ query }}
    {%- endif -%}
{%- endmacro %}

{#-
A query that finds few rows among many. An engine that cannot tell keeps what they are joined to in memory, and not them.
-#}
{% macro few_rows(query) -%}
    {{ return(adapter.dispatch('few_rows')(query)) }}
{%- endmacro %}

{% macro default__few_rows(query) -%}
    {{ query }}
{%- endmacro %}

{#- Of one list it expects a handful. Four million rows, more than a partner's half year, take it a second and half a gigabyte. -#}
{% macro duckdb__few_rows(query) -%}
    select unnest(rows, max_depth := 2)
    from (
        select list(few) as rows
        from (
            {{ query }}
        ) as few
    ) as listed
{%- endmacro %}

{#-
Materialization `table`: the table is dropped and made again in one transaction, by one call of the engine. dbt's own makes
it under another name and renames both, for engines that cannot take back a drop: six calls more a model, of which a run has
ninety, and each costs dbt some milliseconds.
-#}
{% materialization table, adapter='duckdb' %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- call statement('main') -%}
        {{ drop_if_there(existing_relation) }}
        {{ create_table_as(False, target_relation, compiled_code) }}
    {%- endcall -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% macro drop_if_there(relation) -%}
    {%- if relation is not none %}
    drop {{ relation.type }} {{ relation }} cascade;
    {%- endif %}
{%- endmacro %}

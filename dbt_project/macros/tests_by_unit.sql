{#-
Tests of tables that are kept by unit read the units whose rows have not passed them yet: the others hold what passed. A
run that fails or is killed leaves its units untested, and the next one tests them again; a test more tests all.

Belongs here: what a test reads, and what has passed. Does not belong here: what is built (`by_unit`).

    meta.units_of   of a view: the table of units whose rows it shows, and whose units its tests read
-#}

{#- What dbt puts in the place of the model in every generic test. -#}
{% macro get_where_subquery(relation) -%}
    {%- set kept = kept_by_unit(graph.nodes.get(model.attached_node)) if execute -%}
    {#- a row passes by itself; not where its like must stand in another table, which may change alone -#}
    {%- if kept and model.test_metadata.name != 'relationships' and not config.get('where') -%}
        (
            select *
            from {{ relation }}
            where "{{ kept.config.meta.unit }}" in (
                select unit
                from {{ units_of(kept) }}
                where passed_tests is distinct from '{{ digest_of_tests(tests_of(kept)) }}'
            )
        ) as units_to_test
    {%- else -%}
        {{ default__get_where_subquery(relation) }}
    {%- endif -%}
{%- endmacro %}

{#- The table of units that a tested model is, or shows; none where it is built whole. -#}
{% macro kept_by_unit(tested) -%}
    {%- set shown = tested.config.meta.get('units_of') if tested -%}
    {%- set kept = graph.nodes['model.' ~ project_name ~ '.' ~ shown] if shown else tested -%}
    {{ return(kept if kept and target.type == 'duckdb' and kept.config.materialized == 'by_unit' else none) }}
{%- endmacro %}

{% macro units_of(kept) -%}
    "{{ kept.schema }}"."{{ kept.name }}__units"
{%- endmacro %}

{#- Ids of the generic tests of a table and of the views that show it; arguments are part of an id. -#}
{% macro tests_of(kept) -%}
    {%- set shown_by = [kept.unique_id] -%}
    {%- for node in graph.nodes.values() if node.config.meta.get('units_of') == kept.name -%}
        {%- do shown_by.append(node.unique_id) -%}
    {%- endfor -%}
    {%- set found = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'test' and node.attached_node in shown_by -%}
        {%- do found.append(node.unique_id) -%}
    {%- endfor -%}
    {{ return(found | sort) }}
{%- endmacro %}

{% macro digest_of_tests(tests) -%}
    {{ return(local_md5(tests | join(' '))) }}
{%- endmacro %}

{#- After a run: what was built of tables all of whose tests it ran has passed them, where none failed. -#}
{% macro note_tested_units(results) -%}
    {%- if execute and target.type == 'duckdb' -%}
        {%- set passed = [] -%}
        {%- for result in results if result.status in ('pass', 'warn') -%}
            {%- do passed.append(result.node.unique_id) -%}
        {%- endfor -%}
        {%- for result in results if result.status == 'success' and result.node.config.materialized == 'by_unit' -%}
            {%- set tests = tests_of(result.node) -%}
            {%- if tests | reject('in', passed) | list | length == 0 %}
            update {{ units_of(result.node) }}
            set passed_tests = '{{ digest_of_tests(tests) }}'
            where passed_tests is distinct from '{{ digest_of_tests(tests) }}';
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

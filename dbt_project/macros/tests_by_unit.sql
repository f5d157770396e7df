{#-
Tests of tables that are kept by unit read the units whose rows have not passed them yet: the others hold what passed. A
run that fails or is killed leaves its units untested, and the next one tests them again; a test more tests all.

Belongs here: what a test reads, and what has passed. Does not belong here: what is built (`by_unit`).
-#}

{#- What dbt puts in the place of the model in every generic test. -#}
{% macro get_where_subquery(relation) -%}
    {%- set tested = graph.nodes.get(model.attached_node) if execute -%}
    {%- if tested and is_tested_by_unit(tested, model) -%}
        (
            select *
            from {{ relation }}
            where "{{ tested.config.meta.unit }}" in (
                select unit
                from {{ relation.incorporate(path={'identifier': tested.name ~ '__units'}) }}
                where passed_tests is distinct from '{{ digest_of_tests(tests_of(tested)) }}'
            )
        ) as units_to_test
    {%- else -%}
        {{ default__get_where_subquery(relation) }}
    {%- endif -%}
{%- endmacro %}

{#- Rows of a unit pass by themselves; not those that must have their like in another table, which may change alone. -#}
{% macro is_tested_by_unit(tested, test) -%}
    {{ return(
        target.type == 'duckdb' and tested.config.materialized == 'by_unit'
        and test.test_metadata.name != 'relationships' and not test.config.where
    ) }}
{%- endmacro %}

{#- Ids of the generic tests of a model; arguments are part of an id. -#}
{% macro tests_of(tested) -%}
    {%- set found = [] -%}
    {%- for test in graph.nodes.values()
        if test.resource_type == 'test' and test.attached_node == tested.unique_id -%}
        {%- do found.append(test.unique_id) -%}
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
            update "{{ result.node.schema }}"."{{ result.node.name }}__units"
            set passed_tests = '{{ digest_of_tests(tests) }}'
            where passed_tests is distinct from '{{ digest_of_tests(tests) }}';
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#-
Tests of tables that are kept by unit read the units whose rows have not passed them yet: the others hold what passed. A
run that fails or is killed leaves its units untested, and the next one tests them again; a test that is new tests all.

Belongs here: what a test reads, and what has passed. Does not belong here: what is built (`by_unit`).

    meta.units_of   of a view: the table of units whose rows it shows, and whose units its tests read
-#}

{#- What dbt puts in the place of the model in every generic test. -#}
{% macro duckdb__get_where_subquery(relation) -%}
    {%- set units = units_tested_by(model) if execute and not config.get('where') -%}
    {#- in the run that makes a table all of its units are to be tested, and it is not known yet what stands beside it -#}
    {%- if units and adapter.get_relation(units.relation.database, units.relation.schema, units.relation.identifier) -%}
        (
            select *
            from {{ relation }}
            where "{{ units.column }}" in (
                select unit from {{ units.relation }} where not list_contains(passed_tests, '{{ model.unique_id }}')
            )
        ) as units_to_test
    {%- elif execute and model.attached_node and model.test_metadata.name == 'relationships' -%}
        {#- what a view joins to the rows that it shows costs as much again -#}
        {{ default__get_where_subquery(relation_beside(rows_tested_by(model), '')) }}
    {%- else -%}
        {{ default__get_where_subquery(relation) }}
    {%- endif -%}
{%- endmacro %}

{#- What holds the rows that a generic test is of: the table whose rows a view shows, or the model itself. -#}
{% macro rows_tested_by(test) -%}
    {%- set tested = graph.nodes[test.attached_node] -%}
    {%- set shown = tested.config.meta.get('units_of') -%}
    {{ return(graph.nodes['model.' ~ project_name ~ '.' ~ shown] if shown else tested) }}
{%- endmacro %}

{#-
The units that a generic test is of: their table, and the column that names them; none where the model is built whole. A
row passes by itself, but not where its like must stand in another table, which may change alone.
-#}
{% macro units_tested_by(test) -%}
    {%- if test.attached_node and test.test_metadata.name != 'relationships' -%}
        {%- set kept = rows_tested_by(test) -%}
        {%- if kept.config.materialized == 'by_unit' -%}
            {{ return({'relation': relation_beside(kept, '__units'), 'column': kept.config.meta.unit}) }}
        {%- endif -%}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{% macro relation_beside(node, suffix) -%}
    {{ return(api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias ~ suffix)) }}
{%- endmacro %}

{#- After a run: all units of what it built have passed what passed now, by themselves or in the run that built them. -#}
{% macro note_passed_tests(results) -%}
    {%- if execute and target.type == 'duckdb' -%}
    {%- set built = {} -%}
    {%- set shown_by = {} -%}
    {%- for result in results if result.status == 'success' and result.node.resource_type == 'model' -%}
        {%- if result.node.config.materialized == 'by_unit' -%}
            {%- do built.update({result.node.name: relation_beside(result.node, '__units')}) -%}
        {%- endif -%}
        {%- do shown_by.update({result.node.unique_id: result.node.config.meta.get('units_of', result.node.name)}) -%}
    {%- endfor -%}
    {%- set passed = {} -%}
    {%- for result in results if result.status == 'pass' and result.node.resource_type == 'test' -%}
        {%- set kept = built.get(shown_by.get(result.node.attached_node)) -%}
        {%- if kept -%}
            {%- do passed.setdefault(kept | string, []).append("'" ~ result.node.unique_id ~ "'") -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for relation, tests in passed.items() %}
    {%- set tests = '[' ~ tests | join(', ') ~ ']' %}
    update {{ relation }}
    set passed_tests = list_distinct(list_concat(passed_tests, {{ tests }}))
    where not list_has_all(passed_tests, {{ tests }});
    {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#-
Tests of tables that are kept by unit read the units, and weeks of units, whose rows have not passed them yet: the others
hold what passed. A run that fails or is killed leaves them untested, and the next one tests them again; a test that is
new tests all. A key is one of one unit and week: what else has it stands among the rows that are read. What a row must
find in another table is part of what it has passed: where keys of that table change, all rows are read again.

Belongs here: what a test reads, and what has passed. Does not belong here: what is built (`by_unit`).

    meta.units_of   of a view: the table of units whose rows it shows, and whose units its tests read
-#}

{#- What dbt puts in the place of the model in every generic test. -#}
{% macro duckdb__get_where_subquery(relation) -%}
    {%- set units = units_tested_by(model) if execute and not config.get('where') -%}
    {%- set is_shown = execute and model.attached_node and model.test_metadata.name == 'relationships' -%}
    {#- what a view joins to the rows that it shows costs as much again -#}
    {%- set rows = relation_beside(rows_tested_by(model), '') if is_shown else relation -%}
    {#- in the run that makes a table all of its units are to be tested, and it is not known yet what stands beside it -#}
    {%- if units and adapter.get_relation(units.relation.database, units.relation.schema, units.relation.identifier) -%}
        (
            {{ rows_among(
                rows, units.column, units.week,
                '(select * from ' ~ units.relation
                ~ " where not list_contains(passed_tests, '" ~ passed_as(model) ~ "')) as untested"
            ) }}
        ) as units_to_test
    {%- else -%}
        {{ default__get_where_subquery(rows) }}
    {%- endif -%}
{%- endmacro %}

{#- What holds the rows that a generic test is of: the table whose rows a view shows, or the model itself. -#}
{% macro rows_tested_by(test) -%}
    {%- set tested = graph.nodes[test.attached_node] -%}
    {%- set shown = tested.config.meta.get('units_of') -%}
    {{ return(graph.nodes['model.' ~ project_name ~ '.' ~ shown] if shown else tested) }}
{%- endmacro %}

{#-
The units that a generic test is of: the table that says what they have passed, and what names them and their weeks; none
where the model is built whole.
-#}
{% macro units_tested_by(test) -%}
    {%- if test.attached_node -%}
        {%- set kept = rows_tested_by(test) -%}
        {%- if kept.config.materialized == 'by_unit' -%}
            {%- set meta = kept.config.meta -%}
            {{ return({'relation': passed_by(kept), 'column': meta.unit, 'week': week_of_rows(meta)}) }}
        {%- endif -%}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}

{#- What stands beside rows that have passed a test: its id, and of a relationship what the other table holds. -#}
{% macro passed_as(test) -%}
    {%- if test.test_metadata.name != 'relationships' -%}
        {{ return(test.unique_id) }}
    {%- endif -%}
    {%- set other = test.depends_on.nodes | reject('equalto', test.attached_node) | first -%}
    {%- set content = run_query(
        'select ' ~ content_of_rows([test.test_metadata.kwargs.field]) ~ ' from ' ~ relation_beside(graph.nodes[other], '')
    ).rows[0][0] -%}
    {{ return(test.unique_id ~ ' ' ~ local_md5(content)) }}
{%- endmacro %}

{#- The table beside a model that says which tests its rows have passed. -#}
{% macro passed_by(node) -%}
    {{ return(relation_beside(node, '__weeks' if 'week' in node.config.meta else '__units')) }}
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
            {%- do built.update({result.node.name: passed_by(result.node)}) -%}
        {%- endif -%}
        {%- do shown_by.update({result.node.unique_id: result.node.config.meta.get('units_of', result.node.name)}) -%}
    {%- endfor -%}
    {%- set passed = {} -%}
    {%- for result in results if result.status == 'pass' and result.node.resource_type == 'test' -%}
        {%- set kept = built.get(shown_by.get(result.node.attached_node)) -%}
        {%- if kept -%}
            {%- do passed.setdefault(kept | string, []).append("'" ~ passed_as(result.node) ~ "'") -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for relation, tests in passed.items() %}
    {%- set tests = '[' ~ tests | join(', ') ~ ']' %}
    update {{ relation }}
    set passed_tests = list_concat({{ tests }}, list_filter(passed_tests, lambda test: not list_contains(
        list_transform({{ tests }}, lambda passed: split_part(passed, ' ', 1)), split_part(test, ' ', 1)
    )))
    where not list_has_all(passed_tests, {{ tests }});
    {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

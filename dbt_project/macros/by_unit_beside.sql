{#-
Tables that stand beside one of units: what its rows were made of, when they were built, and what they hold for others.

Belongs here: names and columns of these tables, and writing them. Does not belong here: what tells of changes
(`by_unit_changes`).
-#}

{#- Whether digests stand beside the table, as this materialization writes them: another one's are not built on. -#}
{% macro is_built(built, meta) -%}
    {%- set of_rows = ['digest', 'build', 'rows', 'passed_tests'] -%}
    {%- set expected = {built.identifier: ['unit'] + of_rows} -%}
    {%- if 'week' in meta -%}
        {%- set expected = {
            built.identifier: ['unit', 'digest', 'rows'], weeks_beside(built).identifier: ['unit', 'week'] + of_rows
        } -%}
    {%- endif -%}
    {%- if 'told_to' in meta -%}
        {%- set told = told_beside(built, meta['told_to']) -%}
        {%- do expected.update({told.identifier: ['unit', 'built_week', 'week', 'told_unit', 'rows', 'content']}) -%}
    {%- endif -%}
    {%- set columns = [] -%}
    {%- for table in expected | sort -%}
        {%- for column in expected[table] -%}
            {%- do columns.append(table ~ '.' ~ column) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set found = run_query(
        "select table_name || '.' || column_name from duckdb_columns() where database_name = '" ~ built.database
        ~ "' and schema_name = '" ~ built.schema ~ "' and table_name in ('" ~ expected | join("', '")
        ~ "') order by table_name, column_index"
    ).columns[0].values() | list -%}
    {{ return(found == columns) }}
{%- endmacro %}

{% macro weeks_beside(built) -%}
    {{ return(built.incorporate(path={'identifier': built.identifier | replace('__units', '__weeks')})) }}
{%- endmacro %}

{% macro told_beside(built, other) -%}
    {{ return(built.incorporate(path={'identifier': built.identifier | replace('__units', '__by_' ~ other)})) }}
{%- endmacro %}

{#-
What stands beside the table: a digest of each unit, and how many rows it has; of a table that is kept by week the same by
week, in `<model>__weeks`. The finer of the two also names the build that made the rows, by which a release knows those that
it has counted, and the tests that they have passed (`tests_by_unit`).
-#}
{% macro units_that_were_built(built, is_kept, target_relation, meta) -%}
    {%- set weeks = weeks_beside(built) if 'week' in meta -%}
    {%- set new_build = 'coalesce(counted.build, uuid()) as build' -%}
    {%- set passed_tests = 'coalesce(counted.passed_tests, cast([] as varchar[])) as passed_tests' -%}
    {%- set rows = 'cast(coalesce(counted.rows, 0) as bigint) as rows' -%}
    {{ rows_that_were_built(target_relation, meta) }}
    create or replace temp table counted_weeks as
    {%- if is_kept %}
    select
        unit,
        {{ 'week' if weeks else 'cast(null as date) as week' }},
        {%- if 'onward' in meta %}
        case when (unit, week) in (from weeks_made_anew) then null else build end as build,
        {%- else %}
        build,
        {%- endif %}
        rows,
        passed_tests
    from {{ weeks or built }}
    where not coalesce({{ are_among('unit', 'week' if weeks, 'changed_weeks') }}, false)
    union all
    {%- endif %}
    -- a week that no input tells is one of those that are made of the unit as a whole
    select
        built_rows.unit,
        next_weeks.week,
        cast(null as uuid) as build,
        sum(built_rows.rows) as rows,
        cast([] as varchar[]) as passed_tests
    from built_rows
    left join next_weeks
        on built_rows.unit = next_weeks.unit and built_rows.week = next_weeks.week
    group by built_rows.unit, next_weeks.week;
    {%- if weeks %}
    create or replace table {{ built }} as
    select next_units.unit, next_units.digest, {{ rows }}
    from next_units
    left join (
        select unit, sum(rows) as rows
        from counted_weeks
        group by unit
    ) as counted using (unit);
    create or replace table {{ weeks }} as
    select next_weeks.unit, next_weeks.week, next_weeks.digest, {{ new_build }}, {{ rows }}, {{ passed_tests }}
    from next_weeks
    left join counted_weeks as counted
        on next_weeks.unit = counted.unit and next_weeks.week is not distinct from counted.week;
    {%- else %}
    create or replace table {{ built }} as
    select next_units.unit, next_units.digest, {{ new_build }}, {{ rows }}, {{ passed_tests }}
    from next_units
    left join counted_weeks as counted using (unit);
    {%- endif %}
{%- endmacro %}

{#-
`built_rows`: how many rows of a unit and week were built, and what they hold of each value of the column that other tables
are kept by. In one statement, since each reads these rows once more.
-#}
{% macro rows_that_were_built(target_relation, meta) -%}
    {%- set week = week_of_rows(meta) -%}
    create or replace temp table built_rows as
    select
        cast("{{ meta['unit'] }}" as varchar) as unit,
        cast({{ week or 'null' }} as date) as week,
        {%- if 'told_to' in meta %}
        cast({{ '"' ~ meta['told_week'] ~ '"' if 'told_week' in meta else (week or 'null') }} as date) as told_week,
        cast("{{ meta['told_to'] }}" as varchar) as told_unit,
        {{ content_of_rows(meta.get('told_columns') or columns_of(target_relation)) }} as content,
        {%- endif %}
        count(*) as rows
    from (
        {{ rows_among(target_relation, meta['unit'], week, 'changed_weeks') }}
    ) as built
    group by all;
{%- endmacro %}

{#-
`<model>__by_<column>`: what changed units hold of each value of another column, by which tables made of them are kept.
-#}
{% macro digests_for_others(built, is_kept, meta) -%}
    {%- set told = told_beside(built, meta['told_to']) -%}
    {%- if is_kept %}
    delete from {{ told }} where {{ are_among('unit', 'built_week' if 'week' in meta, 'changed_weeks') }};
    insert into {{ told }} by name
    {%- else %}
    create or replace table {{ told }} as
    {%- endif %}
    select unit, week as built_week, told_week as week, told_unit, rows, content
    from built_rows;
{%- endmacro %}

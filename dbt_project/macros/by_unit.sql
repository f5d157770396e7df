{#-
Materialization `by_unit`: a table is kept by its units (`meta.unit`: a column, such as the partner), and a run rebuilds
the rows of those units of which something that the model reads has changed.

Belongs here: telling which units changed, and rebuilding them. Does not belong here: what a model computes.

It is for models whose rows of a unit are made of the rows of that unit in their inputs, and of what belongs to none:
inputs without the column, and rows where it is null. A digest is kept of all of them by unit, in `<model>__units`. It
takes in the compiled model and its constraints too, so that other code rebuilds all. Rows and digests change in one
transaction: killed at any moment, both are the old or both the new. Units are built a few at a time, so that what a
model keeps in memory grows with its largest unit, and not with the history.

    meta.unit     the column; every row of the model has it
    meta.kind     the record kind that the model is about: rows of an input that have another `kind` are not read
    meta.reads    columns that a model reads of an input, where others change with every run: {stg_build: [...]}
    meta.told_by  sources whose rows never change while another input says the same of them: {raw: stg_deliveries}. Such a
                  source is Parquet; its `meta.folder` is what the other input calls the folder of its rows
    meta.told_to  columns that tables made of this one are kept by: digests by each of them stand in `<model>__by_<column>`
-#}
{% materialization by_unit, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set built = this.incorporate(path={'identifier': this.identifier ~ '__units'}, type='table') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- set unit = config.get('meta')['unit'] -%}
    {%- set inputs = inputs_by_unit(config.get('meta')) -%}
    {%- set is_kept = existing_relation is not none and not should_full_refresh() and is_built(built) -%}
    {#- a table refuses what its contract said when it was made -#}
    {%- set code = local_md5(compiled_code ~ model.columns.values() | map(attribute='constraints') | list) -%}
    {#- statements go out together: each alone costs dbt some milliseconds, and a run has hundreds -#}
    {%- do adapter.execute(digests_of_units(inputs, code) ~ changed_units(built if is_kept)) -%}
    {%- if is_kept and are_most_changed() -%}
        {%- set is_kept = false -%}
        {%- do adapter.execute(changed_units(none)) -%}
    {%- endif -%}
    {%- set told = told_sources(config.get('meta')) if is_kept else [] -%}
    {%- if told and not are_any_changed() -%}
        {%- set told = [] -%}
    {%- endif -%}
    {%- do adapter.execute(
        batches_of_units(config.get('meta')) ~ narrow_to_batch(inputs, unit) ~ narrow_to_changed(told, unit)
    ) -%}

    {%- call statement('main') -%}
        {%- if not is_kept %}
        {{ make_anew(existing_relation, target_relation, compiled_code) }}
        {%- endif %}
        {{ rebuild_units(target_relation, unit, inputs, told, compiled_code) }}
    {%- endcall -%}
    {%- do adapter.execute(
        units_that_were_built(built, is_kept, target_relation, unit)
        ~ digests_for_others(target_relation, unit, config.get('meta').get('told_to', []), is_kept)
    ) -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{#- The table without rows: in the transaction that fills it, so that one that fails leaves what was there. -#}
{% macro make_anew(existing_relation, target_relation, sql) -%}
    {{ drop_if_there(existing_relation) }}
    {{ create_table_as(False, target_relation, 'select * from (' ~ sql ~ ') limit 0') }}
{%- endmacro %}

{#-
What the model reads: name, relation, rows and columns that count, the unit if rows have it, and the digests that it keeps
itself, by the same unit or for those that are kept by ours.
-#}
{% macro inputs_by_unit(meta) -%}
    {%- set inputs = [] -%}
    {%- for node_id in model.depends_on.nodes | sort -%}
        {%- set node = graph.sources.get(node_id) or graph.nodes[node_id] -%}
        {%- set is_source = node.resource_type == 'source' -%}
        {%- if not (is_source and node.source_name in meta.get('told_by', {})) -%}
            {%- set relation = source(node.source_name, node.name) if is_source else ref(node.name) -%}
            {%- set digests = digests_kept_of(node, relation, meta['unit']) -%}
            {%- set columns = [meta['unit']] if digests else columns_of(relation) -%}
            {%- do inputs.append({
                'name': (node.source_name ~ '_' if is_source else '') ~ node.name,
                'relation': relation | string,
                'rows': "kind = '" ~ meta['kind'] ~ "'" if 'kind' in meta and 'kind' in columns else 'true',
                'columns': meta.get('reads', {}).get(node.name) or columns,
                'unit': meta['unit'] if meta['unit'] in columns else none,
                'digests': digests,
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(inputs) }}
{%- endmacro %}

{% macro columns_of(relation) -%}
    {{ return(run_query('select column_name from (describe select * from ' ~ relation ~ ')').columns[0].values() | list) }}
{%- endmacro %}

{%- macro digests_kept_of(node, relation, unit) -%}
    {%- set kept = node.config.meta if node.config.materialized == 'by_unit' else {} -%}
    {%- if kept.get('unit') == unit -%}
        {{ return('select unit, rows, digest as content from ' ~ relation.incorporate(path={'identifier': node.name ~ '__units'})) }}
    {%- elif unit in kept.get('told_to', []) -%}
        {{ return(
            "select told_unit as unit, sum(rows) as rows, string_agg(unit || ' ' || content, ';' order by unit) as content from "
            ~ relation.incorporate(path={'identifier': node.name ~ '__by_' ~ unit}) ~ ' group by told_unit'
        ) }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro -%}

{#- `next_units`: a digest a unit of all that its rows are made of, and the rows of the largest input. -#}
{% macro digests_of_units(inputs, code) -%}
    create or replace temp table next_units as
    with parts as (
        {%- for input in inputs %}
            {%- if input.digests %}
        select '{{ input.name }}' as input, unit, rows, content
        from ({{ input.digests }}) as digests
            {%- else %}
        select
            '{{ input.name }}' as input,
            {{ 'cast("' ~ input.unit ~ '" as varchar)' if input.unit else 'cast(null as varchar)' }} as unit,
            count(*) as rows,
            {{ content_of_rows(input.columns) }} as content
        from {{ input.relation }}
        where {{ input.rows }}
        group by all
            {%- endif %}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ),

    of_all_units as (
        select coalesce(string_agg(input || ' ' || content, ';' order by input), '') as content
        from parts
        where unit is null
    )

    select
        parts.unit,
        max(parts.rows) as rows,
        md5(concat_ws(';', '{{ code }}', of_all_units.content, string_agg(input || ' ' || parts.content, ';' order by input)))
            as digest
    from parts
    cross join of_all_units
    where parts.unit is not null
    group by parts.unit, of_all_units.content;
{%- endmacro %}

{#- Two hashes of every row, each added up: the same whatever the order, and equal rows do not cancel out. -#}
{% macro content_of_rows(columns) -%}
    {%- set quoted = columns | map('tojson') | list -%}
    concat_ws(' ', count(*), sum(hash({{ quoted | join(', ') }})), sum(hash(1, {{ quoted | reverse | join(', ') }})))
{%- endmacro %}

{#- Whether digests stand beside the table, as this materialization writes them: another one's are not built on. -#}
{% macro is_built(built) -%}
    {%- set found = run_query(
        "select column_name from duckdb_columns() where database_name = '" ~ built.database ~ "' and schema_name = '"
        ~ built.schema ~ "' and table_name = '" ~ built.identifier ~ "' order by column_index"
    ) -%}
    {{ return(found.columns[0].values() | list == ['unit', 'digest', 'build', 'rows', 'passed_tests']) }}
{%- endmacro %}

{#- `changed_units`: those that are new, gone, or made of something else than when `built` was; all where it is none. -#}
{% macro changed_units(built) -%}
    create or replace temp table changed_units as
    {%- if built %}
    select unit, next_units.rows
    from next_units
    full outer join {{ built }} as built using (unit)
    where next_units.digest is distinct from built.digest;
    {%- else %}
    select unit, rows from next_units;
    {%- endif %}
{%- endmacro %}

{% macro are_most_changed() -%}
    {%- set counts = run_query('select (select count(*) from changed_units), (select count(*) from next_units)').rows[0] -%}
    {{ return(2 * counts[0] > counts[1]) }}
{%- endmacro %}

{% macro are_any_changed() -%}
    {{ return(run_query('select exists (from changed_units)').rows[0][0]) }}
{%- endmacro %}

{#-
`batches`: changed units, as many at once as their rows leave room for in memory. A model that reads a source which others
tell of is not cut: it would read all that changed of the source with every batch.
-#}
{% macro batches_of_units(meta) -%}
    create or replace temp table batches as
    select
        unit,
        {{ '0' if 'told_by' in meta else '(sum(rows) over (order by unit) - rows) // ' ~ var('rows_at_once') }} as batch
    from changed_units
    where rows is not null;
{%- endmacro %}

{#- Views of the inputs that hold the rows of `batch_units`, and those of no unit. -#}
{% macro narrow_to_batch(inputs, unit) -%}
    create or replace temp table batch_units (unit varchar);
    {%- for input in inputs if input.unit %}
    create or replace temp view "{{ input.name }}" as
    select *
    from {{ input.relation }}
    where "{{ unit }}" is null or "{{ unit }}" in (select unit from batch_units);
    {%- endfor %}
{%- endmacro %}

{#- Sources that another input tells of: name, relation, what tells of them, and how it calls the folder of their rows. -#}
{% macro told_sources(meta) -%}
    {%- set told = [] -%}
    {%- for node_id in model.depends_on.nodes | sort if node_id in graph.sources -%}
        {%- set node = graph.sources[node_id] -%}
        {%- if node.source_name in meta.get('told_by', {}) -%}
            {%- do told.append({
                'name': node.source_name ~ '_' ~ node.name,
                'relation': source(node.source_name, node.name) | string,
                'teller': ref(meta['told_by'][node.source_name]) | string,
                'folder': node.meta['folder'],
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(told) }}
{%- endmacro %}

{#-
Views of such sources without the folders of units that did not change: a delivery is not to open the files of a whole
history. What lies in no folder of its own, such as a pack of many, is read.
-#}
{% macro narrow_to_changed(told, unit) -%}
    {%- for source in told %}
        {%- set files = run_query(
            "select file from glob(" ~ source.relation ~ ") where split_part(file, '/', -2) not in ("
            ~ "select folder from (select " ~ source.folder ~ " as folder, \"" ~ unit ~ "\" as unit from " ~ source.teller
            ~ ") as told where folder is not null group by folder "
            ~ "having not bool_or(unit in (select unit from changed_units)))"
        ).columns[0].values() %}
    create or replace temp view "{{ source.name }}" as
    select * from read_parquet([{% for file in files %}'{{ file | replace("'", "''") }}'{{ ', ' if not loop.last }}{% endfor %}]);
    {%- endfor %}
{%- endmacro %}

{#- Replace the rows of changed units, by the model as it reads inputs that hold nothing but those of a batch. -#}
{% macro rebuild_units(target_relation, unit, inputs, told, sql) -%}
    {%- set narrowed = namespace(sql=sql) -%}
    {%- for input in (inputs | selectattr('unit') | list) + told -%}
        {%- set narrowed.sql = narrowed.sql | replace(input.relation, 'temp.main."' ~ input.name ~ '"') -%}
    {%- endfor -%}
    delete from {{ target_relation }} where "{{ unit }}" in (select unit from changed_units);
    {%- for batch in run_query('select distinct batch from batches order by batch').columns[0].values() %}
    create or replace temp table batch_units as select unit from batches where batch = {{ batch }};
    insert into {{ target_relation }} by name (
        {{ narrowed.sql }}
    );
    {%- endfor %}
{%- endmacro %}

{#-
What stands beside the table: a digest of each unit, an id of the build that made its rows, by which a release knows those
that it has counted, how many they are, and the tests that they have passed (`tests_by_unit`).
-#}
{% macro units_that_were_built(built, is_kept, target_relation, unit) -%}
    create or replace table {{ built }} as
    {%- if is_kept %}
    select next_units.unit, next_units.digest, former.build, former.rows, former.passed_tests
    from next_units
    inner join {{ built }} as former using (unit)
    where next_units.unit not in (select unit from changed_units)
    union all
    {%- endif %}
    select
        next_units.unit,
        next_units.digest,
        uuid() as build,
        coalesce(counted.rows, 0) as rows,
        cast([] as varchar[]) as passed_tests
    from next_units
    left join (
        select cast("{{ unit }}" as varchar) as unit, count(*) as rows
        from {{ target_relation }}
        where "{{ unit }}" in (select unit from changed_units)
        group by all
    ) as counted using (unit)
    where next_units.unit in (select unit from changed_units);
{%- endmacro %}

{#-
`<model>__by_<column>`: what changed units hold of each value of another column, by which tables made of them are kept.
-#}
{% macro digests_for_others(target_relation, unit, others, is_kept) -%}
    {%- set columns = columns_of(target_relation) if others -%}
    {%- for other in others %}
    {%- set told = target_relation.incorporate(path={'identifier': target_relation.identifier ~ '__by_' ~ other}) %}
    {%- if is_kept %}
    delete from {{ told }} where unit in (select unit from changed_units);
    insert into {{ told }} by name
    {%- else %}
    create or replace table {{ told }} as
    {%- endif %}
    select
        cast("{{ unit }}" as varchar) as unit,
        cast("{{ other }}" as varchar) as told_unit,
        count(*) as rows,
        {{ content_of_rows(columns) }} as content
    from {{ target_relation }}
    where "{{ unit }}" in (select unit from changed_units)
    group by all;
    {%- endfor %}
{%- endmacro %}

{#-
Materialization `by_unit`: a table is kept by its units (`meta.unit`: a column, such as the partner), and a run rebuilds
the rows of those units of which something that the model reads has changed.

Belongs here: telling which units changed, and rebuilding them. Does not belong here: what a model computes.

It is for models whose rows of a unit are made of the rows of that unit in their inputs, and of what belongs to none:
inputs without the column, and rows where it is null. A digest is kept of all of them by unit, in `<model>__units`. It
takes in the compiled model too, so that other code rebuilds all. Rows and digests change in one transaction: killed at
any moment, both are the old or both the new.

    meta.unit     the column; every row of the model has it
    meta.kind     the record kind that the model is about: rows of an input that have another `kind` are not read
    meta.reads    columns that a model reads of an input, where others change with every run: {stg_build: [...]}
    meta.told_by  sources whose rows never change while another input says the same of them: {raw: stg_deliveries}
-#}
{% materialization by_unit, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set built = this.incorporate(path={'identifier': this.identifier ~ '__units'}, type='table') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- set inputs = inputs_by_unit(config.get('meta')) -%}
    {%- do run_query(digests_of_units(inputs, local_md5(compiled_code))) -%}
    {%- set is_kept = existing_relation is not none and not should_full_refresh() and is_built(built) -%}
    {%- if is_kept -%}
        {%- do run_query(changed_units(built)) -%}
        {%- set counts = run_query('select (select count(*) from changed_units), (select count(*) from next_units)').rows[0] -%}
    {%- endif -%}

    {%- if is_kept and 2 * counts[0] <= counts[1] -%}
        {%- call statement('main') -%}
            {{ rebuild_units(target_relation, config.get('meta')['unit'], inputs, compiled_code) }}
        {%- endcall -%}
    {%- else -%}
        {{ drop_relation_if_exists(existing_relation) }}
        {%- call statement('main') -%}
            {{ create_table_as(False, target_relation, compiled_code) }}
        {%- endcall -%}
    {%- endif -%}
    {%- do run_query('create or replace table ' ~ built ~ ' as select unit, digest from next_units') -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{#- What the model reads: name, relation, rows and columns that count, the unit if rows have it, and its digests if it is kept. -#}
{% macro inputs_by_unit(meta) -%}
    {%- set inputs = [] -%}
    {%- for node_id in model.depends_on.nodes | sort -%}
        {%- set node = graph.sources.get(node_id) or graph.nodes[node_id] -%}
        {%- set is_source = node.resource_type == 'source' -%}
        {%- if not (is_source and node.source_name in meta.get('told_by', {})) -%}
            {%- set relation = source(node.source_name, node.name) if is_source else ref(node.name) -%}
            {%- set columns = run_query('select column_name from (describe select * from ' ~ relation ~ ')').columns[0].values() -%}
            {%- do inputs.append({
                'name': (node.source_name ~ '_' if is_source else '') ~ node.name,
                'relation': relation | string,
                'rows': "kind = '" ~ meta['kind'] ~ "'" if 'kind' in meta and 'kind' in columns else 'true',
                'columns': meta.get('reads', {}).get(node.name) or columns | list,
                'unit': meta['unit'] if meta['unit'] in columns else none,
                'digests': relation.incorporate(path={'identifier': node.name ~ '__units'})
                    if node.config.materialized == 'by_unit' and node.config.meta.get('unit') == meta['unit'] else none,
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(inputs) }}
{%- endmacro %}

{#- `next_units`: a digest a unit of all that its rows are made of. -#}
{% macro digests_of_units(inputs, code) -%}
    create or replace temp table next_units as
    with parts as (
        {%- for input in inputs %}
        select
            '{{ input.name }}' as input,
            {%- if input.digests %}
            unit,
            digest as content
        from {{ input.digests }}
            {%- else %}
            {%- set columns = input.columns | map('tojson') | list %}
            {{ 'cast("' ~ input.unit ~ '" as varchar)' if input.unit else 'cast(null as varchar)' }} as unit,
            concat_ws(
                ' ', count(*), sum(hash({{ columns | join(', ') }})), sum(hash(1, {{ columns | reverse | join(', ') }}))
            ) as content
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
        md5(concat_ws(';', '{{ code }}', of_all_units.content, string_agg(input || ' ' || parts.content, ';' order by input)))
            as digest
    from parts
    cross join of_all_units
    where parts.unit is not null
    group by parts.unit, of_all_units.content
{%- endmacro %}

{% macro is_built(built) -%}
    {%- set found = run_query(
        "select 1 from duckdb_tables() where database_name = '" ~ built.database ~ "' and schema_name = '" ~ built.schema
        ~ "' and table_name = '" ~ built.identifier ~ "'"
    ) -%}
    {{ return(found.rows | length > 0) }}
{%- endmacro %}

{#- `changed_units`: those that are new, gone, or made of something else now. -#}
{% macro changed_units(built) -%}
    create or replace temp table changed_units as
    select unit
    from next_units
    full outer join {{ built }} as built using (unit)
    where next_units.digest is distinct from built.digest
{%- endmacro %}

{#- Replace the rows of changed units, by the model as it reads inputs that hold nothing else. -#}
{% macro rebuild_units(target_relation, unit, inputs, sql) -%}
    {%- set narrowed = namespace(sql=sql) -%}
    {%- for input in inputs if input.unit -%}
        {%- do run_query(
            'create or replace temp view "' ~ input.name ~ '" as select * from ' ~ input.relation
            ~ ' where "' ~ unit ~ '" is null or "' ~ unit ~ '" in (select unit from changed_units)'
        ) -%}
        {%- set narrowed.sql = narrowed.sql | replace(input.relation, 'temp.main."' ~ input.name ~ '"') -%}
    {%- endfor -%}
    delete from {{ target_relation }} where "{{ unit }}" in (select unit from changed_units);
    insert into {{ target_relation }} by name (
        {{ narrowed.sql }}
    );
{%- endmacro %}

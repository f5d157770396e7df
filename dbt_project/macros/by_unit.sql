{#-
Materialization `by_unit`: a table is kept by its units (`meta.unit`: a column, such as the partner), and a run rebuilds
the rows of those units of which something that the model reads has changed.

Belongs here: rebuilding units that changed. Does not belong here: telling which did (`by_unit_digests`,
`by_unit_changes`), what a model computes.

It is for models whose rows of a unit are made of the rows of that unit in their inputs, and of what belongs to none:
inputs without the column, and rows where it is null. A digest is kept of all of them by unit, in `<model>__units`. It
takes in the compiled model, its constraints and these words too, so that other code rebuilds all. Rows and digests
change in one transaction: killed at any moment, both are the old or both the new. Units are built a few at a time, so
that what a model keeps in memory grows with its largest unit, and not with the history.

    meta.unit     the column; every row of the model has it
    meta.week     a column: rows of a unit and week are made of rows of that week in those inputs that have the column, and
                  of all that lack it; only weeks that changed are rebuilt. Digests of them stand in `<model>__weeks`. An
                  input that has the column, and a row of the unit where it is null, says that its weeks hang together
    meta.quarter_of   a column of inputs: their week, where `meta.week` is the first day of the quarter that holds its Thursday.
                  Rows of a unit and quarter are made of rows of its weeks, and of that quarter where an input tells it
    meta.weeks_by   a model that tells of which weeks of inputs (`week_read`) the rows of a unit and week are made, where that
                  differs; the model names it as one that it depends on
    meta.week_of_rows   the week that a row of the model is made for, in SQL, where it is not that column
    meta.onward   where rows of a week are made of earlier ones too: columns that tell the rows of a unit and week apart. All
                  weeks from the first that changed are rebuilt, of inputs of these and of the week before, and of the rows
                  that stand, which such a model reads by `rows_so_far`; of these it makes anew those that change
    meta.looks_back   how many weeks before the first that changed `rows_so_far` of such a model holds, and it may make
                  rows anew of
    meta.reach    inputs of which a row decides on weeks other than its own, and on which: {int_lines_over_weeks: [0, 5]}
    meta.kind     the record kind that the model is about: rows of an input that have another `kind` are not read
    meta.rows     a condition on the rows that count of an input: {stg_locations: closed_on is not null}
    meta.reads    columns that a model reads of an input, where others change with every run: {stg_build: [...]}; it finds
                  no others where the input has the unit
    meta.differences   columns of an input that add up over its rows, which a model reads too, and takes nothing of but the
                  difference of two rows; all rows between are among those that it is made of, and tell it: they are not told
    meta.told_by  inputs of which another one says all that counts: {raw: stg_deliveries}. Sources are Parquet whose rows
                  never change; `meta.folder` is what the other input calls the folder of such rows, `meta.day` their day,
                  if any
    meta.told_to  a column that tables made of this one are kept by: digests by it stand in `<model>__by_<column>`, by week
                  too where the model is kept by it, or `meta.told_week` names its column. They tell what rows hold and not
                  what these are made of, so that rows that come out as they were are no news
    meta.told_columns   what such digests tell, to tables that read no more of the model. Of one that is kept `onward`, they
                  are those that stay as they are in rows before the first week that changed
-#}
{% materialization by_unit, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set built = this.incorporate(path={'identifier': this.identifier ~ '__units'}, type='table') -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- set meta = config.get('meta') -%}
    {%- set inputs = inputs_by_unit(meta) -%}
    {%- set is_kept = existing_relation is not none and not should_full_refresh() and is_built(built, meta) -%}
    {#- a table refuses what its contract said when it was made -#}
    {%- set constraints = model.columns.values() | map(attribute='constraints') | list -%}
    {#- without the folder that sources lie in: a home that was moved or is mounted elsewhere has no news -#}
    {%- set code = local_md5(
        compiled_code | replace(env_var('SELLTRACE_HOME', '../home') ~ '/', '') ~ constraints ~ tojson(meta, sort_keys=true)
    ) -%}
    {#- statements go out together: each alone costs dbt some milliseconds, and a run has hundreds -#}
    {%- do adapter.execute(digests_of_units(inputs, code, meta) ~ changed_units(built if is_kept, meta)) -%}
    {#- units may be few among those of a source: what others hold is left unread, also where all of these changed -#}
    {%- set told = told_sources(meta) if is_kept else [] -%}
    {%- if is_kept and are_most_changed() -%}
        {%- set is_kept = false -%}
        {%- do adapter.execute(changed_units(none, meta)) -%}
    {%- endif -%}
    {%- if told and not are_any_changed() -%}
        {%- set told = [] -%}
    {%- endif -%}
    {%- do adapter.execute(
        batches_of_units(built if is_kept, meta) ~ narrow_to_changed(told, meta)
        ~ (narrow_to_rows_so_far(target_relation, meta) if is_kept and 'onward' in meta else '')
    ) -%}

    {%- call statement('main') -%}
        {%- if not is_kept %}
        {{ make_anew(existing_relation, target_relation, compiled_code) }}
        {%- endif %}
        {{ rebuild_units(target_relation, meta, inputs, told, compiled_code, is_kept and 'onward' in meta) }}
    {%- endcall -%}
    {%- do adapter.execute(
        units_that_were_built(built, is_kept, target_relation, meta)
        ~ (digests_for_others(built, is_kept, meta) if 'told_to' in meta else '')
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
`batches`: changed units, as many at once as their rows, and those that they go on from, leave room for in memory. A model
that reads a source which others tell of is not cut: it would read all that changed of the source with every batch.
`weeks_made_anew`: of a model that is gone on with, weeks of which rows were made in this run; none yet.
-#}
{% macro batches_of_units(built, meta) -%}
    create or replace temp table batches as
    select
        unit,
        {{ '0' if 'told_by' in meta else '(sum(rows) over (order by unit) - rows) // ' ~ var('rows_at_once') }} as batch,
        is_whole
    from (
        select
            unit,
            sum(rows)
            {%- if built and 'looks_back' in meta %}
            + case when bool_or(week is null) then 0 else {{ meta['looks_back'] }} * coalesce((
                select max(standing.rows) from {{ weeks_beside(built) }} as standing where standing.unit = changed_weeks.unit
            ), 0) end
            {%- endif %} as rows,
            bool_or(week is null) as is_whole
        from changed_weeks
        where rows is not null
        group by unit
    ) as units;
    create or replace temp table batch_weeks as select unit, week from changed_weeks limit 0;
    {%- if 'onward' in meta %}
    create or replace temp table weeks_made_anew as from batch_weeks;
    {%- endif %}
{%- endmacro %}

{#-
Views of the inputs that hold what `batch_weeks` are made of: rows of theirs, and those of no unit or no week. Each is
asked for by itself: the engine reads all columns of rows that a condition with `or` leaves out.
-#}
{% macro narrow_to_batch(inputs, is_whole) -%}
    {%- for input in inputs if input.unit %}
    {%- set unit = '"' ~ input.unit ~ '"' %}
    {%- set rows = 'select ' ~ input.reads | join(', ') ~ ' from ' ~ input.relation %}
    create or replace temp view "{{ input.name }}" as
    {{ rows }} where {{ unit }} is null
    union all
        {%- if is_whole or not input.week %}
    {{ rows }} where {{ unit }} in (select unit from batch_weeks)
        {%- else %}
        {%- set week = input.week_of_rows %}
    {{ rows }} where {{ week }} is null and {{ unit }} in (select unit from batch_weeks)
    union all
    {{ rows }} where ({{ unit }}, {{ week }}) in (
            {%- if input.is_of_quarter %}
        {{ weeks_of_quarters() }}
            {%- elif input.weeks_by %}
        select "{{ input.unit }}", week_read
        from {{ input.weeks_by }}
        where ("{{ input.unit }}", "{{ input.week }}") in (select unit, week from batch_weeks)
            {%- else %}
            {%- for reached in range(input.reach[0], input.reach[1] + 1) %}
        select unit, week - ({{ 7 * reached }}) from batch_weeks
        {{- ' union all' if not loop.last }}
            {%- endfor %}
            {%- endif %}
    )
        {%- endif %};
    {%- endfor %}
{%- endmacro %}

{#- Mondays of the weeks of the quarters in `batch_weeks`: its first Thursday is of a week that may begin before it. -#}
{% macro weeks_of_quarters() -%}
        select unit, monday
        from (
            select unit, week as quarter_start, {{ week_start('week') }} + cast(7 * number as integer) as monday
            from batch_weeks
            cross join range(15) as weeks (number)
        ) as weeks
        where {{ period_of_week('quarter', 'monday') }} = quarter_start
{%- endmacro %}

{#- The week that a row of the model is made for, in SQL; none where the model is kept by unit alone. -#}
{% macro week_of_rows(meta) -%}
    {{ return(meta.get('week_of_rows', '"' ~ meta['week'] ~ '"') if 'week' in meta) }}
{%- endmacro %}

{#-
The first week of those that a model makes, where it reads the weeks before for what they add to it. All that a date can tell
where all is made; what is kept by week puts the first that changed of all that are made at once in the place of this.
-#}
{% macro first_week_made() -%}
    cast('0001-01-01' as date) /* the first that is made */
{%- endmacro %}

{#-
Rows of a model that stand when weeks of a unit are made anew, of `columns` with their types: of the weeks before the first
of these, `weeks_before` of it, the last to be gone on from. None where all is made; what is kept `onward` puts them in the
place of this, as far back as it looks.
-#}
{% macro rows_so_far(columns) -%}
    (
        select /* rows so far */
        {%- for column, type in columns.items() %}
            cast(null as {{ type }}) as {{ column }},
        {%- endfor %}
            cast(null as bigint) as weeks_before
        where 1 = 0
    )
{%- endmacro %}

{#- Whether a row's unit, as a whole or with the row's week, is among `weeks`. -#}
{% macro are_among(unit, week, weeks) -%}
    (
        {%- if week %}
        "{{ unit }}" in (select unit from {{ weeks }} where week is null)
        or ("{{ unit }}", {{ week }}) in (select unit, week from {{ weeks }} where week is not null)
        {%- else %}
        "{{ unit }}" in (select unit from {{ weeks }})
        {%- endif %}
    )
{%- endmacro %}

{#- Rows of a large relation of which that is true, asked for one way at a time like those of `narrow_to_batch`. -#}
{% macro rows_among(relation, unit, week, weeks) -%}
    select *
    from {{ relation }}
    {%- if week %}
    where "{{ unit }}" in (select unit from {{ weeks }} where week is null)
    union all
    select *
    from {{ relation }}
    where ("{{ unit }}", {{ week }}) in (
        select unit, week
        from {{ weeks }}
        where week is not null and unit not in (select unit from {{ weeks }} where week is null)
    )
    {%- else %}
    where "{{ unit }}" in (select unit from {{ weeks }})
    {%- endif %}
{%- endmacro %}

{#- Sources that another input tells of: name, relation, day of its rows, what tells, and how it calls their folder. -#}
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
                'day': node.meta.get('day'),
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(told) }}
{%- endmacro %}

{#-
Views of such sources without the folders of what did not change: a delivery is not to open the files of a whole history.
What lies in no folder of its own, such as a pack of many, is read. Where weeks changed and no whole unit, rows of other
weeks are left out, which stand beside them in a file of months.
-#}
{% macro narrow_to_changed(told, meta) -%}
    {%- for source in told %}
        {%- set files = run_query(
            "select file from glob(" ~ source.relation ~ ") where split_part(file, '/', -2) not in ("
            ~ "select folder from (select *, " ~ source.folder ~ " as folder from " ~ source.teller
            ~ ") as told where folder is not null group by folder "
            ~ "having not bool_or(" ~ are_among(meta['unit'], week_of_rows(meta), 'changed_weeks') ~ "))"
        ).columns[0].values() %}
    create or replace temp view "{{ source.name }}" as
    select *
    from read_parquet([{% for file in files %}'{{ file | replace("'", "''") }}'{{ ', ' if not loop.last }}{% endfor %}])
        {%- if 'week' in meta and source.day %}
    where
        {{ week_start('"' ~ source.day ~ '"') }} in (select week from changed_weeks)
        or exists (from changed_weeks where week is null)
        {%- endif %};
    {%- endfor %}
{%- endmacro %}

{#-
`rows_so_far`: rows that stand of the weeks before the first that is made anew, and how many weeks before it. Each week is
asked for by itself: the engine skips the others by their bounds.
-#}
{% macro narrow_to_rows_so_far(target_relation, meta) -%}
    create or replace temp view rows_so_far as
    select standing.*, earlier.weeks_before
    from {{ target_relation }} as standing
    inner join (
        select unit, min(week) - cast(7 * weeks_before as integer) as week, weeks_before
        from changed_weeks
        cross join range(1, {{ meta['looks_back'] + 1 }}) as earlier (weeks_before)
        where unit in (select unit from batch_weeks where week is not null)
        group by unit, weeks_before
    ) as earlier
        on standing."{{ meta['unit'] }}" = earlier.unit and standing."{{ meta['week'] }}" = earlier.week;
{%- endmacro %}

{#- Replace what changed, by the model as it reads inputs that hold nothing but what a batch is made of. -#}
{% macro rebuild_units(target_relation, meta, inputs, told, sql, is_resumed) -%}
    {%- set unit, week = meta['unit'], week_of_rows(meta) -%}
    {%- set narrowed = namespace(sql=sql) -%}
    {%- for input in (inputs | selectattr('unit') | list) + told -%}
        {%- set narrowed.sql = narrowed.sql | replace(input.relation, 'temp.main."' ~ input.name ~ '"') -%}
    {%- endfor -%}
    {%- if week %}
    delete from {{ target_relation }}
    where ("{{ unit }}", {{ week }}) in (select unit, week from changed_weeks where week is not null);
    {%- endif %}
    delete from {{ target_relation }} where "{{ unit }}" in (select unit from changed_weeks where week is null);
    {%- set views = namespace(is_whole=none) %}
    {%- for batch in run_query('select distinct is_whole, batch from batches order by all').rows %}
    create or replace temp table batch_weeks as
    select unit, week
    from changed_weeks
    inner join batches using (unit)
    where is_whole = {{ batch[0] }} and batch = {{ batch[1] }};
        {%- if batch[0] != views.is_whole %}
    {{ narrow_to_batch(inputs, batch[0]) }}
            {%- set views.is_whole = batch[0] %}
        {%- endif %}
        {%- if is_resumed and not batch[0] %}
    {{ go_on_from_rows_so_far(
        target_relation,
        meta,
        modules.re.sub('(?s)\\(\\s*select /\\* rows so far \\*/.*?where 1 = 0\\s*\\)', 'temp.main.rows_so_far', narrowed.sql)
    ) }}
        {%- else %}
    insert into {{ target_relation }} by name (
            {%- if batch[0] %}
        {{ narrowed.sql }}
            {%- else %}
        select * from (
            {{ narrowed.sql | replace(first_week_made(), '(select min(week) from batch_weeks)') }}
        ) as rebuilt
        where ("{{ unit }}", {{ week }}) in (select unit, week from batch_weeks)
            {%- endif %}
    );
        {%- endif %}
    {%- endfor %}
{%- endmacro %}

{#- Weeks of a batch made anew, and of the rows before them those that they change. -#}
{% macro go_on_from_rows_so_far(target_relation, meta, sql) -%}
    {%- set key = '"' ~ ([meta['unit'], meta['week']] + meta['onward']) | join('", "') ~ '"' -%}
    insert into batch_weeks select unit, min(week) - 7 from batch_weeks group by unit;
    create or replace temp table rebuilt as
    {{ sql }};
    {#- tests read the weeks that changed: of those before, nothing else would find a row that came out twice -#}
    select case when count(*) <> count(distinct ({{ key }})) then error('rows of {{ target_relation }} came out twice') end
    from rebuilt
    where ("{{ meta['unit'] }}", "{{ meta['week'] }}") not in (select unit, week from changed_weeks where week is not null);
    delete from {{ target_relation }}
    where "{{ meta['unit'] }}" in (select unit from batch_weeks) and ({{ key }}) in (select {{ key }} from rebuilt);
    insert into {{ target_relation }} by name select * from rebuilt;
    insert into weeks_made_anew select distinct "{{ meta['unit'] }}", "{{ meta['week'] }}" from rebuilt;
    drop table rebuilt;
{%- endmacro %}

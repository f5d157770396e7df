{#-
What the units of a table are made of, told by digests, and which of them changed.

Belongs here: digests of inputs, those that stand beside a table, and what differs. Does not belong here: rebuilding
what changed (`by_unit`, which also says what the words of `meta` mean).
-#}

{#-
What the model reads: name, relation, rows and columns that count, those that it finds, the unit and the week if rows have
them, what tells the week of a row, whether that week is one of a quarter by which the model is kept, weeks that they reach
ahead or the model that tells these, and the digests that it keeps itself, by the same unit or for those that are kept by
ours.
-#}
{% macro inputs_by_unit(meta) -%}
    {%- set inputs = [] -%}
    {%- for node_id in model.depends_on.nodes | sort -%}
        {%- set node = graph.sources.get(node_id) or graph.nodes[node_id] -%}
        {%- set is_source = node.resource_type == 'source' -%}
        {%- if (node.source_name if is_source else node.name) not in meta.get('told_by', {}) -%}
            {%- set relation = source(node.source_name, node.name) if is_source else ref(node.name) -%}
            {%- set kept = digests_kept_of(node, relation, meta) -%}
            {%- set columns = [] if kept else columns_of(relation) -%}
            {%- set week = kept.week if kept else (weeks_told_by(meta) | select('in', columns) | first) -%}
            {%- do inputs.append({
                'name': (node.source_name ~ '_' if is_source else '') ~ node.name,
                'relation': relation | string,
                'rows': (
                    ("kind = '" ~ meta['kind'] ~ "' and " if 'kind' in meta and 'kind' in columns else '')
                    ~ meta.get('rows', {}).get(node.name, 'true')
                ),
                'columns': meta.get('reads', {}).get(node.name) or columns,
                'reads': meta.get('reads', {}).get(node.name, ['*']) + meta.get('differences', {}).get(node.name, []),
                'unit': meta['unit'] if kept or meta['unit'] in columns else none,
                'week': week or none,
                'week_of_rows': kept.week_of_rows or '"' ~ week ~ '"',
                'is_of_quarter': week and week == meta.get('quarter_of'),
                'weeks_by': ref(meta['weeks_by']) if week and meta.get('weeks_by', node.name) != node.name else none,
                'reach': meta.get('reach', {}).get(node.name, [0, 0]),
                'digests': kept.digests,
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(inputs) }}
{%- endmacro %}

{% macro columns_of(relation) -%}
    {{ return(run_query('select column_name from (describe select * from ' ~ relation ~ ')').columns[0].values() | list) }}
{%- endmacro %}

{#- Columns that may tell of which week of the model rows of an input are; of a quarter, of which of its weeks. -#}
{% macro weeks_told_by(meta) -%}
    {{ return([meta.get('week'), meta.get('quarter_of')] | select | list) }}
{%- endmacro %}

{#- Digests (unit, week, rows, content) that stand beside an input, and the column of their week if both tables know it. -#}
{%- macro digests_kept_of(node, relation, meta) -%}
    {%- set kept = node.config.meta if node.config.materialized == 'by_unit' else {} -%}
    {%- set has_weeks = kept.get('week') in weeks_told_by(meta) -%}
    {%- set told_week = kept.get('told_week', kept.get('week')) -%}
    {%- set tells_weeks = told_week in weeks_told_by(meta) -%}
    {%- set untold = meta.get('reads', {}).get(node.name, ['*']) | reject('in', kept['told_columns']) | list
        if 'told_columns' in kept else [] -%}
    {%- set tells_rows = meta['unit'] == kept.get('told_to') and not untold -%}
    {%- set digests = none -%}
    {%- if kept.get('unit') == meta['unit'] and not tells_rows -%}
        {%- set beside = relation.incorporate(path={'identifier': node.name ~ ('__weeks' if has_weeks else '__units')}) -%}
        {%- set week = 'week' if has_weeks else 'cast(null as date)' -%}
        {#- of a week before those that changed rows may be made anew, and its digest does not say so -#}
        {%- set content = 'cast(build as varchar)' if has_weeks and 'onward' in kept else 'digest' -%}
        {%- set digests = 'select unit, ' ~ week ~ ' as week, rows, ' ~ content ~ ' as content from ' ~ beside -%}
    {%- elif tells_rows -%}
        {%- set beside = relation.incorporate(path={'identifier': node.name ~ '__by_' ~ meta['unit']}) -%}
        {%- set digests -%}
            select
                told_unit as unit,
                {{ 'week' if tells_weeks else 'cast(null as date)' }} as week,
                sum(rows) as rows,
                string_agg(concat_ws(' ', unit, week, content), ';' order by unit, week, content) as content
            from {{ beside }}
            group by all
        {%- endset -%}
    {%- endif -%}
    {%- set week = told_week if tells_rows and tells_weeks else (kept['week'] if has_weeks and not tells_rows) -%}
    {%- set of_rows = week_of_rows(kept) if week and week == kept.get('week') -%}
    {{ return({'digests': digests, 'week': week, 'week_of_rows': of_rows} if digests else {}) }}
{%- endmacro -%}

{#-
`next_weeks`: a digest of what rows of a unit and week are made of, and the rows of the largest input; where the week is
null, of what all weeks of the unit are made of, code and what is of no unit included, and whether they hang together.
`next_units`: a digest of it all by unit.
-#}
{% macro digests_of_units(inputs, code, meta) -%}
    {{ return(digests_of_weeks(inputs, code) if 'week' in meta else digests_of_whole_units(inputs, code)) }}
{%- endmacro %}

{% macro digests_of_whole_units(inputs, code) -%}
    create or replace temp table next_weeks as
    with {{ parts_of_digests(inputs) }}

    select
        unit,
        cast(null as date) as week,
        coalesce(max(rows), 0) as rows,
        md5(concat_ws(
            ';', '{{ code }}', any_value(of_no_unit.content),
            string_agg(concat_ws(' ', input, parts.content), ';' order by input, parts.content)
        )) as digest
    from parts
    cross join of_no_unit
    where unit is not null
    group by unit;

    create or replace temp table next_units as
    select unit, digest from next_weeks;
{%- endmacro %}

{% macro digests_of_weeks(inputs, code) -%}
    create or replace temp table next_weeks as
    with {{ parts_of_digests(inputs) }},

    hanging as (
        select distinct unit
        from parts
        where hangs_together and unit is not null
    ),

    -- of weeks that hang together each is made of all
    of_units as (
        select
            parts.unit,
            cast(null as date) as week,
            coalesce(max(parts.rows) filter (where parts.week is null), 0) as rows,
            string_agg(concat_ws(' ', parts.input, parts.week, parts.content), ';' order by parts.input, parts.week, parts.content)
                filter (where parts.week is null or hanging.unit is not null) as content,
            bool_or(hanging.unit is not null) as hangs_together
        from parts
        left join hanging
            on parts.unit = hanging.unit
        where parts.unit is not null
        group by parts.unit
    )

    select
        unit,
        week,
        rows,
        md5(concat_ws(';', '{{ code }}', of_no_unit.content, of_units.content)) as digest,
        hangs_together
    from of_units
    cross join of_no_unit
    union all
    select
        unit,
        week,
        max(rows) as rows,
        md5(string_agg(input || ' ' || content, ';' order by input, content)) as digest,
        false as hangs_together
    from parts
    where unit is not null and week is not null
    group by unit, week;

    create or replace temp table next_units as
    select
        unit,
        case when count(week) = 0 then any_value(digest) else md5(string_agg(digest, ';' order by week nulls first)) end
            as digest
    from next_weeks
    group by unit;
{%- endmacro %}

{#- What is told of the inputs: `parts` by unit and week, and what of it is of no unit. -#}
{% macro parts_of_digests(inputs) -%}
    parts as (
        {%- for input in inputs %}
            {%- if input.reach != [0, 0] %}
        select
            input,
            unit,
            week + cast(7 * reached as integer) as week,
            rows,
            reached || ' ' || content as content,
            hangs_together
        from (
            {{ part_of_digests(input) }}
        ) as part
        cross join range({{ input.reach[0] }}, {{ input.reach[1] + 1 }}) as weeks (reached)
            {%- elif input.is_of_quarter %}
        select
            input,
            unit,
            {{ period_of_week('quarter', 'week') }} as week,
            sum(rows) as rows,
            string_agg(concat_ws(' ', week, content), ';' order by week, content) as content,
            bool_or(hangs_together) as hangs_together
        from (
            {{ part_of_digests(input) }}
        ) as part
        group by input, unit, {{ period_of_week('quarter', 'week') }}
            {%- elif input.weeks_by %}
        select
            part.input,
            part.unit,
            weeks."{{ input.week }}" as week,
            sum(part.rows) as rows,
            string_agg(concat_ws(' ', part.week, part.content), ';' order by part.week, part.content) as content,
            bool_or(part.hangs_together) as hangs_together
        from (
            {{ part_of_digests(input) }}
        ) as part
        left join {{ input.weeks_by }} as weeks
            on part.unit = weeks."{{ input.unit }}" and part.week = weeks.week_read
        where part.unit is null or part.week is null or weeks.week_read is not null
        group by part.input, part.unit, weeks."{{ input.week }}"
            {%- else %}
        {{ part_of_digests(input) }}
            {%- endif %}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ),

    of_no_unit as (
        select coalesce(string_agg(input || ' ' || content, ';' order by input, week, content), '') as content
        from parts
        where unit is null
    )
{%- endmacro %}

{#- Rows and digests of one input, by unit and week. -#}
{% macro part_of_digests(input) -%}
    select
        '{{ input.name }}' as input,
    {%- if input.digests %}
        unit,
        week,
        rows,
        content,
        false as hangs_together
    from ({{ input.digests }}) as digests
    {%- else %}
        {{ 'cast("' ~ input.unit ~ '" as varchar)' if input.unit else 'cast(null as varchar)' }} as unit,
        {{ 'cast("' ~ input.week ~ '" as date)' if input.week else 'cast(null as date)' }} as week,
        count(*) as rows,
        {{ content_of_rows(input.columns) }} as content,
        {{ '"' ~ input.week ~ '" is null' if input.week else 'false' }} as hangs_together
    from {{ input.relation }}
    where {{ input.rows }}
    group by all
    {%- endif %}
{%- endmacro %}

{#- Two hashes of every row, each added up: the same whatever the order, and equal rows do not cancel out. -#}
{% macro content_of_rows(columns) -%}
    {%- set quoted = columns | map('tojson') | list -%}
    concat_ws(' ', count(*), sum(hash({{ quoted | join(', ') }})), sum(hash(1, {{ quoted | reverse | join(', ') }})))
{%- endmacro %}

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
`changed_weeks`: units and weeks that are new, gone, or made of something else than when `built` was; all where it is none.
Where the week is null the whole unit is. `rows` of the largest input, none where it is gone; `share` of the unit.
-#}
{% macro changed_units(built, meta) -%}
    {{ return(changed_weeks_of_units(built, meta) if 'week' in meta else changed_whole_units(built)) }}
{%- endmacro %}

{% macro changed_whole_units(built) -%}
    create or replace temp table changed_weeks as
    select coalesce(next_weeks.unit, built.unit) as unit, cast(null as date) as week, next_weeks.rows, 1 as share
    from next_weeks
    full outer join {{ built or '(select null as unit, null as digest limit 0)' }} as built
        on next_weeks.unit = built.unit
    where next_weeks.digest is distinct from built.digest;
{%- endmacro %}

{% macro changed_weeks_of_units(built, meta) -%}
    create or replace temp table changed_weeks as
    with units as (
        select
            unit,
            bool_or(hangs_together) as hangs_together,
            greatest(max(rows) filter (where week is null), sum(rows) filter (where week is not null)) as rows,
            1 / greatest(count(week), 1) as share_of_week
        from next_weeks
        group by unit
    ),

    changed as (
        select
            coalesce(next_weeks.unit, built.unit) as unit,
            coalesce(next_weeks.week, built.week) as week,
            next_weeks.rows
        from next_weeks
        full outer join (
            {%- if not built %}
            select null as unit, cast(null as date) as week, null as digest
            limit 0
            {%- else %}
            select unit, week, digest from {{ weeks_beside(built) }}
            {%- endif %}
        ) as built
            on next_weeks.unit = built.unit and next_weeks.week is not distinct from built.week
        where next_weeks.digest is distinct from built.digest
    ),

    changed_as_a_whole as (
        select changed.unit
        from changed
        left join units
            on changed.unit = units.unit
        group by changed.unit
        having bool_or(changed.week is null or units.hangs_together)
    )

    select changed.unit, cast(null as date) as week, units.rows, 1 as share
    from changed_as_a_whole as changed
    left join units
        on changed.unit = units.unit
    union all
    select changed.unit, changed.week, changed.rows, units.share_of_week as share
    from changed
    inner join units
        on changed.unit = units.unit
    where changed.unit not in (select unit from changed_as_a_whole);
    {%- if built and 'onward' in meta %}

    create or replace temp table changed_weeks as
    with resumed as (
        select unit, min(week) as first_week
        from changed_weeks
        where week is not null
        group by unit
    ),

    known as (
        select unit, week, rows
        from next_weeks
        where week is not null
        union all
        select unit, week, cast(null as bigint) as rows
        from {{ weeks_beside(built) }} as built
        where week is not null and (unit, week) not in (select unit, week from next_weeks where week is not null)
    ),

    -- to go on from rows that stand pays where most of them do
    mostly_changed as (
        select known.unit, sum(known.rows) as rows
        from known
        inner join resumed
            on known.unit = resumed.unit
        group by known.unit
        having 2 * count(*) filter (where known.week >= resumed.first_week) > count(*)
    )

    select unit, week, rows, share
    from changed_weeks
    where week is null
    union all
    select unit, cast(null as date) as week, rows, 1 as share
    from mostly_changed
    union all
    -- also where later weeks are gone: what stands before them may change
    select known.unit, known.week, coalesce(known.rows, 0) as rows, 0 as share
    from known
    inner join resumed
        on known.unit = resumed.unit and known.week >= resumed.first_week
    where known.unit not in (select unit from mostly_changed);
    {%- endif %}
{%- endmacro %}

{#- Also where there are no units: nothing else tells that a table without rows is one of other code. -#}
{% macro are_most_changed() -%}
    {{ return(run_query(
        'select coalesce('
        ~ '(select 2 * sum(share) from changed_weeks) > (select count(*) from next_units), not exists (from next_units))'
    ).rows[0][0]) }}
{%- endmacro %}

{% macro are_any_changed() -%}
    {{ return(run_query('select exists (from changed_weeks)').rows[0][0]) }}
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

{#-
What units and weeks of a table are made of, told by digests.

Belongs here: digests of rows, and of those that stand beside inputs. Does not belong here: which inputs there are
(`by_unit_inputs`), what differs from the run before (`by_unit_changes`).
-#}

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

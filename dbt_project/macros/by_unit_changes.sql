{#-
Which units and weeks of a table changed since it was built.

Belongs here: comparing digests, and what follows from one change for other weeks. Does not belong here: making digests
(`by_unit_digests`), rebuilding what changed (`by_unit`).
-#}

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

with candidates as (
    select
        partner_id,
        kind,
        week_start,
        cast(sum(lines) as bigint) as lines,
        cast(sum(units) as decimal(38, 4)) as units
    from {{ ref('delivery_lines') }}
    where line_class = 'accepted'
    group by partner_id, kind, week_start
),

slices as (
    select
        released.partner_id,
        released.kind,
        released.week_start,
        released.lines as released_lines,
        released.units as released_units,
        coalesce(candidates.lines, 0) as candidate_lines,
        coalesce(candidates.units, 0) as candidate_units
    from {{ source('control', 'released_slices') }} as released
    left join candidates
        on
            released.partner_id = candidates.partner_id
            and released.kind = candidates.kind
            and released.week_start = candidates.week_start
),

released_kinds as (
    select
        kind,
        sum(released_lines) as released_lines,
        sum(released_units) as released_units
    from slices
    group by kind
),

candidate_kinds as (
    select
        kind,
        sum(lines) as candidate_lines,
        sum(units) as candidate_units
    from candidates
    group by kind
)

select
    slices.partner_id,
    slices.kind,
    slices.week_start as period_start,
    {{ add_days('slices.week_start', 6) }} as period_end,
    owners.owner,
    slices.released_units,
    slices.candidate_units,
    case
        when slices.released_units = slices.candidate_units then cast(0 as double)
        when slices.released_units = 0 then cast(1 as double)
        else cast(abs(slices.candidate_units - slices.released_units) as double)
            / cast(abs(slices.released_units) as double)
    end as units_change_share,
    cast(0 as double) as lines_shrink_share
from slices
left join {{ ref('slice_owners') }} as owners
    on slices.partner_id = owners.partner_id and slices.kind = owners.kind
union all
select
    cast(null as {{ dbt.type_string() }}) as partner_id,
    released_kinds.kind,
    cast(null as date) as period_start,
    cast(null as date) as period_end,
    cast(null as {{ dbt.type_string() }}) as owner,
    cast(released_kinds.released_units as decimal(38, 4)) as released_units,
    cast(coalesce(candidate_kinds.candidate_units, 0) as decimal(38, 4)) as candidate_units,
    cast(0 as double) as units_change_share,
    case
        when released_kinds.released_lines > coalesce(candidate_kinds.candidate_lines, 0)
            then 1 - cast(coalesce(candidate_kinds.candidate_lines, 0) as double) / released_kinds.released_lines
        else cast(0 as double)
    end as lines_shrink_share
from released_kinds
left join candidate_kinds
    on released_kinds.kind = candidate_kinds.kind

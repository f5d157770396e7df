{{ config(contract={'enforced': false}) }}

-- of a held kind nothing went out that a warning could speak of
select
    warned.partner_id,
    warned.week_start,
    warned.kind,
    warned.suite
from {{ source('gates', 'warned_slices') }} as warned
left join {{ source('gates', 'held_slices') }} as held
    on
        warned.kind = held.kind
        and warned.partner_id = held.partner_id
        and warned.week_start = held.week_start
where held.partner_id is null

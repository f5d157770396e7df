{#-
Which lines of a feed are current, by its delivery mode. Precedence is (received_at, file name), never the order of
ingestion, so that deliveries arriving out of order give the same end.

Grain: a line of an effective delivery (not resent, not withdrawn). Columns: the canonical ones of the kind, the
delivery's, and
    line_state      current, duplicate or superseded (matching decides later whether a current line is accepted)
    is_restatement  the line changed an earlier one of the same key, of another delivery or, where lines say whether they
                    are deleted, of its own
    is_conflict     a duplicate whose values differ from those of the line that was kept

`feed_contract_id` is the contract that delivered the line; master kinds have a `contract_id` column of their own.
`feeds` is a relation with the `contract_id` of those feeds whose lines are wanted; none: all.
-#}
{% macro current_lines(kind, date_column=none, feeds=none) -%}
    {%- set columns = canonical_columns(kind) -%}
    {%- set precedence = 'received_at, file_name, delivery_id' -%}
    {#- Within a delivery deletions come first, wherever they stand: what is sent beside one takes its place. -#}
    {%- set is_deleted = 'coalesce(deleted, false)' if 'deleted' in columns else 'false' -%}
    {%- set says_deleted = 'deleted is not null' if 'deleted' in columns else 'false' -%}
    {%- set last_in_delivery = 'case when ' ~ is_deleted ~ ' then 1 else 0 end asc, line_number desc' -%}
    {#- written out where it is read, so that each reading takes the columns that it needs, and nothing is kept -#}
    {%- set delivered = delivered_lines(kind, columns, date_column, feeds) -%}
    with repeated_keys as (
        select
            feed_contract_id,
            line_key
        from ({{ delivered }}) as delivered
        -- where each delivery adds to the others keys say nothing, also those of a file that was read when they did
        where line_key is not null and delivery_mode <> 'append'
        group by feed_contract_id, line_key
        having count(*) > 1
    ),

    -- most lines: nothing that the feed sent has the same key, and no other line decides what becomes of them
    lone as (
        select
            delivered.*,
            false as is_repeated_key,
            false as is_outdone,
            false as has_outdone,
            false as is_conflict
        from ({{ delivered }}) as delivered
        where not exists (
            select 1
            from repeated_keys
            where
                repeated_keys.feed_contract_id = delivered.feed_contract_id
                and repeated_keys.line_key = delivered.line_key
        )
    ),

    of_repeated_keys as (
        select
            delivered.*,
            {{ line_hash(columns) }} as line_hash
        from ({{ delivered }}) as delivered
        inner join repeated_keys
            on
                delivered.feed_contract_id = repeated_keys.feed_contract_id
                and delivered.line_key = repeated_keys.line_key
    ),

    placed_in_delivery as (
        select
            of_repeated_keys.*,
            row_number() over (
                partition by feed_contract_id, delivery_id, line_key
                order by {{ last_in_delivery }}
            ) as place_from_last,
            first_value(line_hash) over (
                partition by feed_contract_id, delivery_id, line_key
                order by {{ last_in_delivery }}
            ) as kept_hash,
            min(case when {{ is_deleted }} then 1 else 0 end) over (
                partition by feed_contract_id, delivery_id, line_key
            ) = 0 and {{ is_deleted }} as is_undone_deletion,
            max(case when {{ says_deleted }} then 1 else 0 end) over (
                partition by feed_contract_id, delivery_id, line_key
            ) = 1 as is_flagged
        from of_repeated_keys
    ),

    -- where lines say what they do (D, then I, then U), one that differs from the last is an earlier step, no conflict
    keyed_in_delivery as (
        select
            placed_in_delivery.*,
            place_from_last > 1 as is_repeated_key,
            is_undone_deletion or (is_flagged and line_hash <> kept_hash) as is_outdone,
            place_from_last = 1 and is_flagged and max(
                case when line_hash <> kept_hash and not is_undone_deletion then 1 else 0 end
            ) over (partition by feed_contract_id, delivery_id, line_key) = 1 as has_outdone,
            line_hash <> kept_hash and not is_flagged as is_conflict
        from placed_in_delivery
    ),

    with_former as (
        select
            keyed_in_delivery.*,
            lag(line_hash) over (
                partition by feed_contract_id, line_key
                order by {{ precedence }}
            ) as former_hash
        from keyed_in_delivery
        where delivery_mode = 'keyed' and not is_repeated_key
    ),

    with_successor as (
        select
            with_former.*,
            lead(line_hash) over (
                partition by feed_contract_id, line_key
                order by {{ precedence }}
            ) as successor_hash
        from with_former
        where former_hash is null or former_hash <> line_hash
    ),

    -- what takes effect on a period: sound deliveries, and the first of all, which replaces nothing
    in_force as (
        select
            contract_id as feed_contract_id,
            period_start as bucket_start,
            delivery_id,
            lag(delivery_id) over (partition by contract_id, period_start order by {{ precedence }})
                as former_delivery_id,
            row_number() over (
                partition by contract_id, period_start
                order by received_at desc, file_name desc, delivery_id desc
            ) as place_from_last
        from (
            select
                periods.*,
                row_number() over (partition by contract_id, period_start order by {{ precedence }}) as place
            from {{ ref('stg_delivery_periods') }} as periods
            -- lines outside the feed's scope say nothing of a period that they happen to name
            where not is_resent and not coalesce(is_out_of_scope, false)
        ) as placed
        where quarantined_lines = 0 or place = 1
    ),

    of_a_period as (
        select
            {{ staged_line_columns(columns, 'lines') }},
            lines.line_hash,
            in_force.place_from_last = 1 as is_latest,
            in_force.former_delivery_id,
            in_force.delivery_id is not null as is_in_force
        from keyed_in_delivery as lines
        left join in_force
            on
                lines.feed_contract_id = in_force.feed_contract_id
                and lines.bucket_start = in_force.bucket_start
                and lines.delivery_id = in_force.delivery_id
        where lines.delivery_mode = 'replace_period' and not lines.is_repeated_key
    ),

    with_replaced as (
        select
            of_a_period.*,
            lag(line_hash) over (
                partition by feed_contract_id, line_key, bucket_start, is_in_force
                order by {{ precedence }}
            ) as replaced_hash,
            lag(delivery_id) over (
                partition by feed_contract_id, line_key, bucket_start, is_in_force
                order by {{ precedence }}
            ) as replaced_delivery_id
        from of_a_period
    ),

    latest_of_feed as (
        select
            contract_id as feed_contract_id,
            delivery_id as latest_delivery_id
        from (
            select
                contract_id,
                delivery_id,
                row_number() over (
                    partition by contract_id
                    order by received_at desc, file_name desc, delivery_id desc
                ) as place
            from {{ ref('stg_deliveries') }}
            -- a file of which nothing could be read replaces nothing
            where not is_resent and not is_withdrawn and (lines_parsed > 0 or lines_quarantined = 0)
        ) as placed
        where place = 1
    ),

    states as (
        select
            {{ staged_line_columns(columns, 'lone') }},
            case
                when lone.delivery_mode = 'replace_period' and in_force.place_from_last = 1 then 'current'
                when lone.delivery_mode = 'snapshot' and lone.delivery_id = latest_of_feed.latest_delivery_id
                    then 'current'
                when lone.delivery_mode in ('append', 'keyed') then 'current'
                else 'superseded'
            end as line_state,
            false as is_restatement
        from lone
        left join in_force
            on
                lone.feed_contract_id = in_force.feed_contract_id
                and lone.bucket_start = in_force.bucket_start
                and lone.delivery_id = in_force.delivery_id
        left join latest_of_feed
            on lone.feed_contract_id = latest_of_feed.feed_contract_id
        union all
        select
            {{ staged_line_columns(columns) }},
            case when is_outdone then 'superseded' else 'duplicate' end as line_state,
            false as is_restatement
        from keyed_in_delivery
        where is_repeated_key
        union all
        select
            {{ staged_line_columns(columns) }},
            'duplicate' as line_state,
            false as is_restatement
        from with_former
        where former_hash = line_hash
        union all
        select
            {{ staged_line_columns(columns) }},
            case when successor_hash is null then 'current' else 'superseded' end as line_state,
            former_hash is not null or has_outdone as is_restatement
        from with_successor
        union all
        select
            {{ staged_line_columns(columns) }},
            case when is_latest then 'current' else 'superseded' end as line_state,
            -- compared with what it replaces: a delivery in between that lacks the key has dropped the line
            coalesce(is_in_force and replaced_delivery_id = former_delivery_id and replaced_hash <> line_hash, false)
            or has_outdone as is_restatement
        from with_replaced
        union all
        select
            {{ staged_line_columns(columns, 'keyed_in_delivery') }},
            case
                when keyed_in_delivery.delivery_id = latest_of_feed.latest_delivery_id then 'current'
                else 'superseded'
            end as line_state,
            false as is_restatement
        from keyed_in_delivery
        left join latest_of_feed
            on keyed_in_delivery.feed_contract_id = latest_of_feed.feed_contract_id
        where keyed_in_delivery.delivery_mode = 'snapshot' and not keyed_in_delivery.is_repeated_key
    )

    select * from states
{%- endmacro %}

{#- Lines of effective deliveries (not resent, not withdrawn), as a query. -#}
{% macro delivered_lines(kind, columns, date_column=none, feeds=none) -%}
    select
        deliveries.contract_id as feed_contract_id,
        deliveries.delivery_id,
        deliveries.received_at,
        deliveries.file_name,
        deliveries.delivery_mode,
        deliveries.partner_id as feed_partner_id,
        lines.line_number,
        lines.line_key,
        {{ period_bucket('lines.' ~ date_column, 'deliveries.bucket_unit', 'deliveries.week_begins_on') if date_column else 'cast(null as date)' }}
            as bucket_start,
        {%- for column in columns %}
        lines.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ source('raw', kind) }} as lines
    inner join {{ ref('stg_deliveries') }} as deliveries
        on
            lines.delivery_id = deliveries.stored_delivery_id
            and lines.reading_hash = deliveries.reading_hash
    where
        deliveries.kind = '{{ kind }}'
        and not deliveries.is_resent
        and not deliveries.is_withdrawn
        {%- if feeds %}
        and deliveries.contract_id in (select contract_id from {{ feeds }})
        {%- endif %}
{%- endmacro %}

{#- Equal for lines that say the same; blank and null differ from any text. -#}
{% macro line_hash(columns) -%}
    {%- set parts = [] -%}
    {%- for column in columns -%}
        {%- do parts.append('coalesce(cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ '), chr(30))') -%}
    {%- endfor -%}
    {{ dbt.hash(parts | join(' || chr(31) || ')) }}
{%- endmacro %}

{% macro staged_line_columns(columns, relation=none) -%}
    {%- set provenance = [
        'feed_contract_id', 'delivery_id', 'received_at', 'file_name', 'delivery_mode', 'feed_partner_id',
        'line_number', 'line_key',
    ] -%}
    {%- set marks = ['bucket_start', 'is_repeated_key', 'is_outdone', 'has_outdone', 'is_conflict'] -%}
    {%- for column in provenance + columns + marks -%}
        {{ relation ~ '.' if relation }}{{ column }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- First day of the day, week, month or year that a feed speaks in; its weeks begin on the ISO weekday `week_begins_on`. -#}
{% macro period_bucket(day, unit, week_begins_on) -%}
    case {{ unit }}
        when 'd' then {{ day }}
        when 'w' then {{ add_days(week_start(add_days(day, '1 - ' ~ week_begins_on)), week_begins_on ~ ' - 1') }}
        when 'm' then cast({{ dbt.date_trunc('month', day) }} as date)
        else cast({{ dbt.date_trunc('year', day) }} as date)
    end
{%- endmacro %}

{#- Last day of the bucket that begins on `first_day`. -#}
{% macro period_bucket_end(first_day, unit) -%}
    case {{ unit }}
        when 'd' then {{ first_day }}
        when 'w' then {{ add_days(first_day, 6) }}
        when 'm' then {{ add_days(add_months(first_day, 1), -1) }}
        else {{ add_days(add_months(first_day, 12), -1) }}
    end
{%- endmacro %}

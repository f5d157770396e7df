-- Files to typed Parquet, with what cannot be read set aside. A delivery is a file, known by its bytes. What a file holds is
-- told and not sniffed: for hundreds of small files that takes longer than reading them.
{%- macro files(path, columns) -%}
    read_csv(getvariable('landing') || '{{ path }}', header = true, delim = ',', quote = '"', auto_detect = false,
        filename = true, columns = { {%- for column in columns %}'{{ column }}': 'VARCHAR'{{ ', ' if not loop.last }}
        {%- endfor -%} })
{%- endmacro %}
create table deliveries as
select
    split_part(filename, '/', -3) as partner,
    split_part(filename, '/', -2) as kind,
    split_part(filename, '/', -1) as file_name,
    strptime(regexp_extract(filename, '(\d{8})', 1), '%Y%m%d') as received_at,
    sha256(content) as sha256
from read_blob(getvariable('landing') || '/*/*/*.csv');

create table resent as
select partner, kind, file_name
from deliveries
qualify row_number() over (partition by partner, kind, sha256 order by received_at, file_name) > 1;

copy (
    select
        split_part(filename, '/', -3) as partner,
        split_part(filename, '/', -1) as file_name,
        store,
        item,
        try_cast(week as date) as period_start,
        try_cast(quantity as decimal(18, 4)) as units,
        try_cast(value as decimal(18, 6)) as amount,
        store = 'TOTAL' as is_out_of_scope,
        store <> 'TOTAL' and (
            try_cast(week as date) is null or try_cast(quantity as decimal(18, 4)) is null
            or (value is not null and try_cast(value as decimal(18, 6)) is null)
        ) as is_quarantined
    from {{ files('/*/sell_out/*.csv', ['store', 'item', 'week', 'quantity', 'value']) }}
) to (getvariable('out') || '/sell_out') (format parquet, per_thread_output true);

copy (
    select
        split_part(filename, '/', -3) as partner,
        split_part(filename, '/', -1) as file_name,
        store,
        item,
        try_cast(day as date) as snapshot_date,
        try_cast(on_hand as decimal(18, 4)) as on_hand_units
    from (
        -- the first three partners count by location
        from {{ files('/p0[0-2]/stock/*.csv', ['store', 'item', 'day', 'on_hand']) }}
        union all by name
        from {{ files('/p0[3-9]/stock/*.csv', ['item', 'day', 'on_hand']) }}
        union all by name
        from {{ files('/p1*/stock/*.csv', ['item', 'day', 'on_hand']) }}
    )
) to (getvariable('out') || '/stock') (format parquet, per_thread_output true);

copy (
    select
        partner,
        split_part(filename, '/', -1) as file_name,
        document,
        line,
        store,
        item,
        try_cast(day as date) as document_date,
        try_cast(units as decimal(18, 4)) as units,
        try_cast(net as decimal(18, 6)) as net_amount
    from {{ files('/brand/sell_in/*.csv', ['document', 'line', 'partner', 'store', 'item', 'day', 'units', 'net']) }}
) to (getvariable('out') || '/sell_in') (format parquet, per_thread_output true);

create table products as
from read_csv(getvariable('landing') || '/brand/products/*.csv', header = true, types = {'list_price': 'decimal(18,6)'});
create table locations as from read_csv(getvariable('landing') || '/brand/locations/*.csv', header = true);

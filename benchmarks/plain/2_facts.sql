-- Every line given its class, and codes matched. Of each key the last line that came counts; only keys that came more
-- than once are looked at in order. Keys are codes as sent: only what counts can be unmatched.
create table store_numbers as
select row_number() over (order by store) as store_number, store, partner from locations;
create table item_numbers as
select row_number() over (order by item) as item_number, item from products;
create table file_numbers as
select
    row_number() over (partition by deliveries.kind order by deliveries.received_at, deliveries.file_name) as file_number,
    deliveries.*,
    resent.file_name is not null as is_resent
from deliveries
left join resent using (partner, kind, file_name);

create table sell_out_lines as
select
    files.file_number,
    lines.partner,
    lines.store,
    lines.item,
    stores.store_number,
    items.item_number,
    lines.period_start,
    lines.units,
    lines.amount,
    case
        when files.is_resent then 'duplicate'
        when lines.is_out_of_scope then 'out_of_scope'
        when lines.is_quarantined then 'quarantined'
        else 'accepted'
    end::enum ('accepted', 'duplicate', 'superseded', 'unmatched', 'out_of_scope', 'quarantined') as class
from read_parquet(getvariable('out') || '/sell_out/*.parquet') as lines
inner join file_numbers as files
    on lines.partner = files.partner and lines.file_name = files.file_name and files.kind = 'sell_out'
left join item_numbers as items on lines.item = items.item
left join store_numbers as stores on lines.store = stores.store and lines.partner = stores.partner;

create table repeated as
select partner, store, item, period_start
from sell_out_lines
where class = 'accepted'
group by all
having count(*) > 1;

create table outdone as
with met as (
    select lines.rowid as line, lines.*
    from sell_out_lines as lines
    inner join repeated using (partner, store, item, period_start)
    where lines.class = 'accepted'
),
of_delivery as (
    select
        *,
        row_number() over (partition by partner, store, item, period_start, file_number order by line desc) = 1
            as is_last
    from met
),
told as (
    select
        *,
        (units, amount) is distinct from lag((units, amount))
            over (partition by partner, store, item, period_start order by file_number) as is_news
    from of_delivery
    where is_last
)
select line, 'duplicate' as class from of_delivery where not is_last
union all
select line, 'duplicate' from told where not is_news
union all
select line, 'superseded'
from told
where is_news
qualify row_number() over (partition by partner, store, item, period_start order by file_number desc) > 1;

update sell_out_lines set class = outdone.class from outdone where sell_out_lines.rowid = outdone.line;
update sell_out_lines set class = 'unmatched' where class = 'accepted' and (store_number is null or item_number is null);

create table delivery_ledger as
select
    files.partner || '.sell_out' as contract_id,
    files.file_name,
    count(*) as lines_read,
    {%- for class in ['accepted', 'duplicate', 'superseded', 'unmatched', 'out_of_scope', 'quarantined'] %}
    count(*) filter (class = '{{ class }}') as {{ class }}{{ ',' if not loop.last }}
    {%- endfor %}
from sell_out_lines
inner join file_numbers as files on sell_out_lines.file_number = files.file_number and files.kind = 'sell_out'
group by files.partner, files.file_name;

create table fct_sell_out as
select stores.partner as partner_id, stores.store as location_id, items.item as product_id, period_start, units, amount
from sell_out_lines
inner join store_numbers as stores using (store_number)
inner join item_numbers as items using (item_number)
where class = 'accepted';

-- Published: Parquet by month for facts, one file a mart.
{% for fact, day in [('fct_sell_out', 'period_start'), ('fct_stock', 'snapshot_date'), ('fct_sell_in', 'document_date')] %}
copy (select *, strftime({{ day }}, '%Y-%m') as month from {{ fact }})
to (getvariable('out') || '/release/{{ fact }}') (format parquet, compression zstd, partition_by (month));
{% endfor %}
{% for table in ['delivery_ledger', 'reconciliation', 'sell_through_weekly', 'sell_through_location_weekly',
    'sell_through_cohorts', 'sell_through_location_cohorts', 'distribution', 'pressure_index',
    'availability_location_weekly', 'availability'] %}
copy {{ table }} to (getvariable('out') || '/release/{{ table }}.parquet') (format parquet, compression zstd);
{% endfor %}

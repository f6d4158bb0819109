{%- set key = ['order_id'] -%}
{%- set columns = key + [
    'customer_id', 'order_date', 'ordered_at', 'updated_at', 'state', 'channel', 'status', 'is_cancelled', 'total',
    'ingest_date',
] -%}
{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=key,
    partitioned_by=['month(order_date)'],
    delete_condition='src.gone',
    update_condition='(src.restored or target.ingest_date <= src.ingest_date)',
    insert_condition='not src.gone',
) }}
{{ changes_by_delivery(ref('stg_retail__orders'), key, columns) }}

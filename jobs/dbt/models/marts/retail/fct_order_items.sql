{%- set key = ['order_id', 'line'] -%}
{%- set columns = key + [
    'sku', 'quantity', 'unit_price', 'discount', 'line_value', 'is_return', 'ingest_date',
] -%}
{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=key,
    partitioned_by=['month(ingest_date)'],
    delete_condition='src.gone',
    update_condition='(src.restored or target.ingest_date <= src.ingest_date)',
    insert_condition='not src.gone',
) }}
{{ changes_by_delivery(ref('stg_retail__order_items'), key, columns) }}

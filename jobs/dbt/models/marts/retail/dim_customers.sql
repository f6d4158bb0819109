{%- set key = ['customer_id'] -%}
{%- set columns = key + [
    'suburb', 'state', 'postcode', 'loyalty_tier', 'marketing_consent', 'created_at', 'ingest_date',
] -%}
{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=key,
    partitioned_by=['year(created_at)'],
    delete_condition='src.gone',
    update_condition='(src.restored or target.ingest_date <= src.ingest_date)',
    insert_condition='not src.gone',
) }}
{{ changes_by_delivery(ref('stg_retail__customers'), key, columns) }}

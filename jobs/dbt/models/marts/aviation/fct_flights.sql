{%- set key = ['year', 'month', 'day', 'carrier', 'flight', 'origin', 'sched_dep_time'] -%}
{%- set columns = key + [
    'flight_date', 'dest', 'tailnum', 'dep_time', 'dep_delay', 'sched_arr_time', 'arr_time', 'arr_delay',
    'air_time', 'distance', 'time_hour', 'is_cancelled', 'ingest_date',
] -%}
{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=key,
    partitioned_by=['month(flight_date)'],
    delete_condition='src.gone',
    update_condition='(src.restored or target.ingest_date <= src.ingest_date)',
    insert_condition='not src.gone',
) }}
{{ changes_by_delivery(ref('stg_aviation__flights'), key, columns) }}

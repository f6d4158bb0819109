select
    year,
    month,
    day,
    cast(
        cast(year as varchar) || '-' || lpad(cast(month as varchar), 2, '0') || '-' || lpad(cast(day as varchar), 2, '0')
        as date
    ) as flight_date,
    carrier,
    flight,
    origin,
    dest,
    tailnum,
    sched_dep_time,
    dep_time,
    dep_delay,
    sched_arr_time,
    arr_time,
    arr_delay,
    air_time,
    distance,
    time_hour,
    dep_time is null as is_cancelled,
    _ingest_date as ingest_date
from {{ source('aviation', 'flights') }}

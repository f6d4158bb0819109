select
    origin,
    time_hour,
    temp,
    dewp,
    humid,
    wind_dir,
    wind_speed,
    wind_gust,
    precip,
    pressure,
    visib,
    _ingest_date as ingest_date
from {{ source('aviation', 'weather') }}

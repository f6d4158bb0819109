select
    faa,
    name,
    lat,
    lon,
    alt,
    tz,
    dst,
    tzone,
    _ingest_date as ingest_date
from {{ source('aviation', 'airports') }}
where {{ in_newest_snapshot(source('aviation', 'airports')) }}

select
    tailnum,
    year as built_year,
    type,
    manufacturer,
    model,
    engines,
    seats,
    speed,
    engine,
    _ingest_date as ingest_date
from {{ source('aviation', 'planes') }}
where {{ in_newest_snapshot(source('aviation', 'planes')) }}

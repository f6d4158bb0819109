select
    carrier,
    name,
    _ingest_date as ingest_date
from {{ source('aviation', 'airlines') }}
where {{ in_newest_snapshot(source('aviation', 'airlines')) }}

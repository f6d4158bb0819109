select
    order_id,
    customer_id,
    cast(ordered_at as date) as order_date,
    ordered_at,
    updated_at,
    state,
    channel,
    status,
    status = 'cancelled' as is_cancelled,
    total,
    _ingest_date as ingest_date
from {{ source('retail', 'orders') }}

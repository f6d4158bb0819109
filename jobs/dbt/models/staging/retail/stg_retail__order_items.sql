select
    order_id,
    line,
    sku,
    quantity,
    unit_price,
    discount,
    quantity * unit_price - discount as line_value,
    quantity < 0 as is_return,
    _ingest_date as ingest_date
from {{ source('retail', 'order_items') }}

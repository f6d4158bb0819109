{#- Nothing of the person: what is derived here is for people who need no names. -#}
select
    customer_id,
    suburb,
    state,
    postcode,
    loyalty_tier,
    marketing_consent,
    created_at,
    _ingest_date as ingest_date
from {{ source('retail', 'customers') }}

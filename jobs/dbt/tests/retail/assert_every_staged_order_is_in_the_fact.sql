{#- Orders that staged has and the fact lacks, or the reverse: the incremental merge lost or kept a row. -#}
with staged as (
    select distinct order_id from {{ ref('stg_retail__orders') }}
)
select coalesce(staged.order_id, fact.order_id) as order_id
from staged
full outer join {{ ref('fct_orders') }} as fact on fact.order_id = staged.order_id
where fact.order_id is null or staged.order_id is null

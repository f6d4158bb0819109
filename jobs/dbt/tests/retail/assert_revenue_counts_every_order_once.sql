{#- Days whose aggregate does not add up to the fact. -#}
select coalesce(facts.order_date, sums.order_date) as order_date, facts.orders, sums.orders as aggregated
from (
    select
        order_date,
        count(*) as orders,
        sum(case when is_cancelled then 0 else total end) as revenue
    from {{ ref('fct_orders') }}
    group by order_date
) as facts
full outer join (
    select order_date, sum(orders) as orders, sum(revenue) as revenue
    from {{ ref('agg_revenue_by_state_day_channel') }}
    group by order_date
) as sums on sums.order_date = facts.order_date
where facts.orders is distinct from sums.orders or facts.revenue is distinct from sums.revenue

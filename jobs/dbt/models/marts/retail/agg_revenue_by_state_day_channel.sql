{#- Computed whole and merged: the groups are few, and readers see the old figures or the new, never half. -#}
{%- set key = ['order_date', 'state', 'channel'] -%}
{%- set columns = key + ['orders', 'cancelled', 'returned', 'customers', 'revenue'] -%}
{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=key,
    partitioned_by=['year(order_date)'],
    delete_condition='src.gone',
    insert_condition='not src.gone',
) }}
with figures as (
    select
        order_date,
        state,
        channel,
        count(*) as orders,
        sum(case when is_cancelled then 1 else 0 end) as cancelled,
        sum(case when status = 'returned' then 1 else 0 end) as returned,
        count(distinct customer_id) as customers,
        cast(sum(case when is_cancelled then 0 else total end) as decimal(18, 2)) as revenue
    from {{ ref('fct_orders') }}
    group by order_date, state, channel
)
select {{ columns | join(', ') }}{% if is_incremental() %}, false as gone{% endif %}
from figures
{%- if is_incremental() %}
union all
select {{ prefixed('old', columns) }}, true as gone
from {{ this }} as old
left join figures as new on {{ same_key('old', 'new', key) }}
where new.state is null
{%- endif %}

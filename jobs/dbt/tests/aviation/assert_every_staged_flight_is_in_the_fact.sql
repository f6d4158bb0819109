{#- Keys that staged has and the fact lacks, or the reverse: the incremental merge lost or kept a row. -#}
{%- set key = ['year', 'month', 'day', 'carrier', 'flight', 'origin', 'sched_dep_time'] -%}
with staged as (
    select distinct {{ key | join(', ') }} from {{ ref('stg_aviation__flights') }}
)
select 'missing' as problem, {{ prefixed('staged', key) }}
from staged
left join {{ ref('fct_flights') }} as fact on {{ same_key('fact', 'staged', key) }}
where fact.year is null
union all
select 'surplus' as problem, {{ prefixed('fact', key) }}
from {{ ref('fct_flights') }} as fact
left join staged on {{ same_key('fact', 'staged', key) }}
where staged.year is null

{#- Fails with every key that the loaded days delivered and the model lacks, and with every row of these days that no
    delivery holds: the incremental merge lost or kept a row. Only these days: a day that is staged and not built yet,
    because its run died in between, must not fail the runs of all other days. Without days, all of them. -#}
{% test carries_deliveries(model, relation, columns) %}
{%- set days = loaded_days() -%}
with delivered as (
    select distinct {{ columns | join(', ') }} from {{ relation }}
    {%- if days %}
    where ingest_date in ({{ day_list(days) }})
    {%- endif %}
)
select 'missing' as problem, {{ prefixed('delivered', columns) }}
from delivered
left join {{ model }} as carried on {{ same_key('carried', 'delivered', columns) }}
where carried.{{ columns[0] }} is null
union all
select 'surplus' as problem, {{ prefixed('carried', columns) }}
from {{ model }} as carried
left join {{ relation }} as held on {{ same_key('held', 'carried', columns) }}
where held.{{ columns[0] }} is null
{%- if days %} and carried.ingest_date in ({{ day_list(days) }}){% endif %}
{% endtest %}

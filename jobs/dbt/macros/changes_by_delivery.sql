{#- The rows that an incremental merge needs so that a table shows the newest delivery of every key.

    `relation` has every delivery (one row a key and `ingest_date`). In a full build the result is the newest
    delivery of each key. In an incremental build it is what the loaded days changed:
      - what they delivered (the merge keeps a newer delivery that is already there),
      - for keys that they no longer deliver, the newest other delivery (`restored`) or, if there is none, the old
        row marked `gone`, which the merge deletes.
    So a day can be loaded late, twice or corrected, and a day's rows are all that is read for it. -#}
{% macro changes_by_delivery(relation, key, columns) %}
    {%- set days = loaded_days() if is_incremental() else [] -%}
    {%- set list = columns | join(', ') -%}
with delivered as (
    select {{ list }} from (
        select {{ list }}, row_number() over (partition by {{ key | join(', ') }} order by ingest_date desc) as place
        from {{ relation }}
        {%- if days %}
        where ingest_date in ({{ day_list(days) }})
        {%- endif %}
    ) as ranked
    where place = 1
)
{%- if not is_incremental() %}
select {{ list }} from delivered
{%- else %},
withdrawn as (
    select {{ prefixed('old', columns) }}
    from {{ this }} as old
    left join delivered as new on {{ same_key('old', 'new', key) }}
    where new.{{ key[0] }} is null
    {%- if days %} and old.ingest_date in ({{ day_list(days) }}){% endif %}
),
earlier as (
    select {{ list }} from (
        select {{ prefixed('other', columns) }},
            row_number() over (partition by {{ prefixed('other', key) }} order by other.ingest_date desc) as place
        from {{ relation }} as other
        inner join withdrawn as lost on {{ same_key('other', 'lost', key) }}
    ) as ranked
    where place = 1
)
select {{ list }}, false as restored, false as gone from delivered
union all
select {{ list }}, true as restored, false as gone from earlier
union all
select {{ prefixed('lost', columns) }}, true as restored, true as gone
from withdrawn as lost
left join earlier as found on {{ same_key('lost', 'found', key) }}
where found.{{ key[0] }} is null
{%- endif %}
{% endmacro %}

{% macro same_key(left, right, key) %}
    {%- for column in key %}{{ left }}.{{ column }} = {{ right }}.{{ column }}{{ " and " if not loop.last }}{% endfor -%}
{% endmacro %}

{% macro prefixed(relation, columns) %}
    {%- for column in columns %}{{ relation }}.{{ column }}{{ ", " if not loop.last }}{% endfor -%}
{% endmacro %}

{#- Computed whole and merged: the groups are few, and readers see the old figures or the new, never half. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key=['flight_date', 'carrier', 'origin'],
    partitioned_by=['year(flight_date)'],
    delete_condition='src.gone',
    insert_condition='not src.gone',
) }}
with ranked as (
    select
        flight_date,
        carrier,
        origin,
        is_cancelled,
        dep_delay,
        row_number() over (partition by flight_date, carrier, origin order by dep_delay, flight) as place,
        count(dep_delay) over (partition by flight_date, carrier, origin) as flown
    from {{ ref('fct_flights') }}
),
-- dep_delay sorts NULL last, so the places up to `flown` are the flights that left. p90 is the nearest rank, exact.
figures as (
    select
        flight_date,
        carrier,
        origin,
        count(*) as flights,
        sum(case when is_cancelled then 1 else 0 end) as cancelled,
        sum(case when dep_delay > 15 then 1 else 0 end) as delayed,
        avg(cast(dep_delay as double)) as mean_dep_delay,
        min(case when place <= flown and place >= 0.9 * flown then dep_delay end) as p90_dep_delay
    from ranked
    group by flight_date, carrier, origin
),
named as (
    select
        figures.flight_date,
        figures.carrier,
        airlines.name as airline,
        figures.origin,
        figures.flights,
        figures.cancelled,
        figures.delayed,
        figures.mean_dep_delay,
        figures.p90_dep_delay
    from figures
    left join {{ ref('stg_aviation__airlines') }} as airlines on airlines.carrier = figures.carrier
)
{%- set columns = [
    'flight_date', 'carrier', 'airline', 'origin', 'flights', 'cancelled', 'delayed', 'mean_dep_delay',
    'p90_dep_delay',
] %}
select {{ columns | join(', ') }}{% if is_incremental() %}, false as gone{% endif %}
from named
{%- if is_incremental() %}
union all
select {{ prefixed('old', columns) }}, true as gone
from {{ this }} as old
left join named as new on {{ same_key('old', 'new', ['flight_date', 'carrier', 'origin']) }}
where new.carrier is null
{%- endif %}

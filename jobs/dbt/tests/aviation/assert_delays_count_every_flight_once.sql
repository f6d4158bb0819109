{#- Days whose aggregate does not add up to the fact. -#}
select coalesce(facts.flight_date, sums.flight_date) as flight_date, facts.flights, sums.flights as aggregated
from (
    select flight_date, count(*) as flights from {{ ref('fct_flights') }} group by flight_date
) as facts
full outer join (
    select flight_date, sum(flights) as flights
    from {{ ref('agg_delays_by_carrier_origin_day') }}
    group by flight_date
) as sums on sums.flight_date = facts.flight_date
where facts.flights is distinct from sums.flights

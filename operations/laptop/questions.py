"""The question that an analyst of each domain asks at the end of the demo."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked, in words and as SQL over the domain's curated tables."""

    title: str
    sql: str


QUESTIONS = {
    "aviation": Question(
        title="Which airlines leave late?",
        sql="""\
SELECT carrier, airline, sum(flights) AS flights, sum(cancelled) AS cancelled,
       round(sum(mean_dep_delay * (flights - cancelled)) / sum(flights - cancelled), 1) AS mean_departure_delay
FROM agg_delays_by_carrier_origin_day
GROUP BY carrier, airline ORDER BY mean_departure_delay DESC LIMIT 5""",
    ),
    "retail": Question(
        title="What sells where, in the states of the analysts' desk?",
        sql="""\
SELECT o.state, o.channel, count(DISTINCT o.order_id) AS orders, sum(i.quantity) AS articles,
       sum(i.quantity * i.unit_price - i.discount) AS revenue
FROM orders o JOIN order_items i ON i.order_id = o.order_id
WHERE o.status <> 'cancelled'
GROUP BY o.state, o.channel ORDER BY revenue DESC LIMIT 5""",
    ),
}

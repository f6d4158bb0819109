"""Personal data from the source to the marts: landed as tokens, every row accounted for, nothing personal derived."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.local
DATASETS = ("customers", "orders", "order_items")


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_row_of_every_day_is_staged_or_quarantined(retail, dataset):
    for day in retail.days:
        counts = retail.counts(dataset, day)
        assert counts["raw"] == counts["staged"] + counts["quarantined"] > 0, day


def test_an_order_that_came_several_times_is_one_row_in_its_newest_state(retail):
    engineer, curated, staged = (
        retail.as_role("engineer"),
        retail.names.database("curated"),
        retail.names.database("staged"),
    )
    older = retail.query(
        f'SELECT count(*) FROM "{staged}".orders s JOIN "{curated}".orders c ON c.order_id = s.order_id'
        " WHERE s.updated_at > c.updated_at",
        engineer,
    )
    orders = retail.query(f'SELECT count(*), count(DISTINCT order_id) FROM "{curated}".orders', engineer)
    assert older == [["0"]]
    assert orders == [["3000", "3000"]]


def test_what_the_source_got_wrong_is_set_aside_or_measured(retail):
    staged = retail.names.database("staged")
    engineer = retail.as_role("engineer")
    rules = {
        dataset: retail.query(f'SELECT DISTINCT _rule FROM "{staged}".{dataset}_quarantine', engineer)
        for dataset in DATASETS
    }
    assert rules == {"customers": [], "orders": [], "order_items": [["range"]]}


def test_the_same_day_again_reads_and_loads_nothing(retail):
    day = retail.days[0]
    before = {dataset: retail.counts(dataset, day) for dataset in DATASETS}
    assert retail.run("*", day).status == "SUCCEEDED"
    assert {dataset: retail.counts(dataset, day) for dataset in DATASETS} == before


@pytest.mark.parametrize(("dataset", "column"), [("customers", "email"), ("orders", "contact_email")])
def test_no_address_stands_in_the_lake_in_clear(retail, dataset, column):
    engineer = retail.as_role("engineer")
    for zone in ("raw", "staged", "curated"):
        table = f'"{retail.names.database(zone)}"."{dataset}"'
        clear = retail.query(
            f"SELECT count(*), count(DISTINCT {column}) FROM {table} WHERE NOT regexp_like({column}, '^t[1-9][0-9]*_[0-9a-f]{{64}}$')",
            engineer,
        )
        assert clear == [["0", "0"]], zone


def test_tokens_of_orders_join_with_those_of_customers(retail):
    curated = retail.names.database("curated")
    ((orders, joined, wrong),) = retail.query(
        "SELECT count(*), count(c.email), count(CASE WHEN c.customer_id <> o.customer_id THEN 1 END)"
        f' FROM "{curated}".orders o LEFT JOIN (SELECT email, min(customer_id) AS customer_id'
        f' FROM "{curated}".customers GROUP BY email HAVING count(*) = 1) c ON c.email = o.contact_email'
        " WHERE o.contact_email IS NOT NULL",
        retail.as_role("engineer"),
    )
    assert wrong == "0"
    # Some addresses were typed with other letters, and some customers share one.
    assert 0.9 * int(orders) < int(joined) < int(orders)


def test_revenue_of_the_mart_is_that_of_the_orders(retail):
    curated, steward = retail.names.database("curated"), retail.as_role("steward")
    mart = retail.query(
        f'SELECT sum(orders), sum(revenue) FROM "{curated}".agg_revenue_by_state_day_channel', steward
    )
    orders = retail.query(
        f"SELECT count(*), sum(CASE WHEN status = 'cancelled' THEN 0 ELSE total END) FROM \"{curated}\".orders",
        steward,
    )
    assert mart == orders


def test_domains_share_no_run_no_role_and_no_key(platform, retail):
    assert platform.names.run_ledger != retail.names.run_ledger
    with pytest.raises(RuntimeError, match=r"(?i)permission|not authorized|does not exist"):
        retail.query(
            f'SELECT count(*) FROM "{platform.names.database("curated")}".airlines', retail.as_role("analyst")
        )

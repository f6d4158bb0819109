"""How long changes are on their way: each row once, from its commit until it was seen."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from operations.laptop import arrivals
from operations.scope import naming, scope


@pytest.fixture
def watched(monkeypatch):
    """Arrivals at an Athena that answers what is put into `.rows`."""
    athena = SimpleNamespace(rows=[], asked=[])

    def ask(connection, sql, *, workgroup):
        athena.asked.append((sql, workgroup))
        return SimpleNamespace(rows=list(athena.rows))

    monkeypatch.setattr(arrivals, "ask", ask)
    from environments import LOCAL

    connection = SimpleNamespace(assume=lambda role: role)
    found = arrivals.Arrivals(connection, naming("retail", LOCAL), scope("retail.order_items").dataset)
    return athena, found


def test_a_row_counts_from_its_commit_until_it_was_seen_once(watched):
    athena, found = watched
    with found.watched():
        athena.rows.append(["O1", "1", "0001", str(time.time() - 5)])
        while len(athena.asked) < 4:
            time.sleep(0.05)
    assert found.quantile(0.5) == found.quantile(0.99) == pytest.approx(5, abs=2)


def test_what_was_there_before_does_not_count(watched):
    athena, found = watched
    athena.rows.append(["O1", "1", "0001", str(time.time() - 5)])
    with found.watched():
        while len(athena.asked) < 3:
            time.sleep(0.05)
    assert found.quantile(0.5) is None


def test_a_row_that_changed_again_counts_again(watched):
    athena, found = watched
    with found.watched():
        athena.rows.append(["O1", "1", "0001", str(time.time() - 50)])
        while len(athena.asked) < 3:
            time.sleep(0.05)
        athena.rows[:] = [["O1", "1", "0002", str(time.time() - 5)]]
        seen = len(athena.asked)
        while len(athena.asked) < seen + 2:
            time.sleep(0.05)
    assert found.quantile(0.99) > 40 > found.quantile(0.1)


def test_it_asks_as_whoever_reads_staged(watched):
    athena, found = watched
    with found.watched():
        pass
    sql, workgroup = athena.asked[0]
    assert '"dp_local_retail_staged"."order_items"' in sql
    assert workgroup == "dp-local-retail-engineer"

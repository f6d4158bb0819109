"""The alarms of what loads topics: which there are, what they measure, and what their silence means."""

from __future__ import annotations

import pytest

from data_platform.observability import WatchedLoader, loader_rules
from tests.conftest import ROOT


def rules(*, heartbeat=False, watched=True):
    loader = WatchedLoader(
        dataset="orders",
        domain="retail",
        function="dp-dev-retail-load-orders",
        owner="o",
        letter_seconds=7200,
        heartbeat=heartbeat,
    )
    return {rule.name: rule for rule in loader_rules(loader, stale_seconds=900, watched=watched)}


def test_one_dead_letter_is_told_to_the_datasets_owner():
    rule = rules()["orders-dead-letters"]

    assert (rule.threshold, rule.statistic, rule.owner) == (1, "Sum", "o")
    assert rule.dimensions == {"dataset": "retail.orders"}


def test_a_letter_that_waits_too_long_is_told_again_and_silence_takes_nothing_back():
    rule = rules()["orders-dead-letters-old"]

    assert (rule.metric, rule.statistic, rule.threshold) == ("OldestDeadLetterSeconds", "Maximum", 7200)
    assert (rule.missing, rule.owner, rule.severity) == ("ignore", "o", "ticket")
    assert "2 hours" in rule.symptom


def test_one_batch_that_fails_once_is_no_alarm():
    rule = rules()["orders-loader-errors"]

    assert rule.threshold * rule.periods > 1
    assert rule.severity == "page"


def test_only_a_heartbeat_tells_how_fresh_the_path_is():
    assert "orders-stale" not in rules()
    assert rules(heartbeat=True)["orders-stale"].threshold == 900


@pytest.mark.parametrize(("watched", "silence"), [(True, "breaching"), (False, "ignore")])
def test_a_heartbeat_that_never_comes_is_stale_where_somebody_answers(watched, silence):
    assert rules(heartbeat=True, watched=watched)["orders-stale"].missing == silence


def test_every_alarm_has_a_page():
    pages = {rule.runbook for rule in rules(heartbeat=True).values()}

    assert [page for page in pages if not (ROOT / "docs" / "runbooks" / f"{page}.md").is_file()] == []

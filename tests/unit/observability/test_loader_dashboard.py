"""The row of loaders on a domain's dashboard: what it measures, and where its alarms ring."""

from __future__ import annotations

import json

from aws_cdk import assertions

from data_platform.observability import (
    DomainDashboard,
    WatchedCluster,
    WatchedLoader,
    loader_row,
    loader_rules,
)

LOADERS = [
    WatchedLoader(
        dataset=name, domain="retail", function=f"dp-test-retail-load-{name}", owner="o", letter_seconds=limit
    )
    for name, limit in (("orders", 86_400), ("clicks", 7_200))
]


def graphs():
    row = loader_row(LOADERS, stale_seconds=900, top=18, region="ap-southeast-2")
    return {each["properties"]["title"]: each["properties"] for each in row[1:]}


def test_freshness_and_merges_are_shown_by_their_middle_and_their_slowest_hundredth():
    for title in ("Seconds from commit to lake, p50 and p99", "Seconds a merge, p50 and p99"):
        shown = [(metric[3], metric[4]["stat"]) for metric in graphs()[title]["metrics"]]

        assert shown == [
            (f"retail.{name}", quantile) for name in ("orders", "clicks") for quantile in ("p50", "p99")
        ]


def test_a_rate_of_errors_is_failed_calls_of_all_calls_of_its_own_function():
    metrics = graphs()["Calls that failed, %"]["metrics"]
    hidden = {metric[4]["id"]: metric[1:4] for metric in metrics if len(metric) == 5}

    assert [metric[0]["expression"] for metric in metrics if len(metric) == 1] == [
        "100 * errors0 / calls0",
        "100 * errors1 / calls1",
    ]
    assert hidden["errors1"] == ["Errors", "FunctionName", "dp-test-retail-load-clicks"]
    assert hidden["calls1"] == ["Invocations", "FunctionName", "dp-test-retail-load-clicks"]


def test_the_line_of_old_letters_is_where_the_first_alarm_rings():
    [line] = graphs()["Seconds that the oldest dead letter has waited"]["annotations"]["horizontal"]
    thresholds = [
        rule.threshold
        for loader in LOADERS
        for rule in loader_rules(loader, stale_seconds=900, watched=True)
        if rule.name.endswith("-old")
    ]

    assert line["value"] == min(thresholds) == 7_200


def test_every_metric_that_an_alarm_of_a_loader_watches_is_shown():
    shown = {metric[1] for graph in graphs().values() for metric in graph["metrics"] if len(metric) > 1}
    beats = WatchedLoader(
        dataset="b", domain="d", function="f", owner="o", letter_seconds=7_200, heartbeat=True
    )
    rung = {rule.metric for rule in loader_rules(beats, stale_seconds=900, watched=True)}

    assert rung - shown == {"Throttles"}


def test_the_row_stands_below_the_clusters_and_nothing_overlaps(stack):
    cluster = WatchedCluster(
        name="dp-test-retail-stream",
        broker="express",
        brokers=3,
        consumers=(),
        lag_seconds=900,
        lag_records=1_000,
    )
    DomainDashboard(
        stack,
        "Dashboard",
        name="d",
        environment="test",
        domain="retail",
        datasets=["orders"],
        region="ap-southeast-2",
        cluster=cluster,
        loaders=LOADERS,
    )
    (board,) = assertions.Template.from_stack(stack).find_resources("AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(board["Properties"]["DashboardBody"])["widgets"]
    cells = [
        (x, y)
        for each in widgets
        for x in range(each["x"], each["x"] + each["width"])
        for y in range(each["y"], each["y"] + each["height"])
    ]

    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert any("Loaders" in each["properties"].get("markdown", "") for each in widgets)

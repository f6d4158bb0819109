"""A cluster's alarms in a template: one composite pages for those that matter, every alarm tells somebody."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from aws_cdk import assertions
from aws_cdk import aws_sns as sns

from data_platform.observability import (
    DomainDashboard,
    StreamingAlarms,
    UnseenConsumerError,
    WatchedCluster,
    WatchedConsumer,
    cluster_row,
    cluster_rules,
)

NAME = "dp-test-retail-stream"
ORDERS = WatchedConsumer(
    dataset="orders", topic="retail.orders.v1", group="retail.orders.v1.loader", owner="orders-team"
)
RUNBOOKS = Path(__file__).resolve().parents[3] / "docs" / "runbooks"


def watched(broker="express", **given):
    return WatchedCluster(
        **{
            "name": NAME,
            "broker": broker,
            "brokers": 0 if broker == "serverless" else 3,
            "storage_gib": 1024 if broker == "express" else 0,
            "consumers": (ORDERS,),
            "lag_seconds": 900,
            "lag_records": 1_000_000,
            **given,
        }
    )


@pytest.fixture(params=["express", "standard", "serverless"])
def cluster(request):
    return watched(request.param)


@pytest.fixture
def template(stack, cluster):
    topics = {severity: sns.Topic(stack, severity.title()) for severity in ("page", "ticket")}
    StreamingAlarms(stack, "Alarms", cluster=cluster, owner="platform", topics=topics)
    return assertions.Template.from_stack(stack)


def alarms_of(template):
    found = template.find_resources("AWS::CloudWatch::Alarm")
    return {each["Properties"]["AlarmName"]: (key, each["Properties"]) for key, each in found.items()}


def sick_of(template):
    (sick,) = template.find_resources("AWS::CloudWatch::CompositeAlarm").values()
    return sick["Properties"]


def rules(broker="express", **given):
    return {rule.name: rule for rule in cluster_rules(watched(broker, **given))}


def test_every_rule_is_an_alarm_under_the_clusters_name(template, cluster):
    assert set(alarms_of(template)) == {f"{NAME}-{rule.name}" for rule in cluster_rules(cluster)}


def test_children_of_the_composite_are_the_rules_that_are_worth_a_page(template, cluster):
    alarms = alarms_of(template)
    children = set(re.findall(r'"Ref": "(\w+)"', json.dumps(sick_of(template)["AlarmRule"])))

    assert children == {
        alarms[f"{NAME}-{rule.name}"][0] for rule in cluster_rules(cluster) if rule.severity == "page"
    }


def test_one_sick_cluster_pages_once(template):
    assert [action["Ref"][:4] for action in sick_of(template)["AlarmActions"]] == ["Page"]
    for name, (_, alarm) in alarms_of(template).items():
        assert [action["Ref"][:6] for action in alarm["AlarmActions"]] == ["Ticket"], name
        assert alarm["OKActions"] == alarm["AlarmActions"]


def test_the_composite_of_the_largest_cluster_fits_into_what_cloudwatch_takes(stack):
    many = tuple(WatchedConsumer(dataset=f"d{n}", topic=f"t{n}", group=f"g{n}", owner="o") for n in range(14))
    children = [
        rule
        for rule in cluster_rules(watched("standard", brokers=30, consumers=many))
        if rule.severity == "page"
    ]

    assert len(children) <= 100


def test_what_lags_is_mended_by_the_datasets_owner_and_the_rest_by_the_clusters(template, cluster):
    texts = {name: alarm["AlarmDescription"] for name, (_, alarm) in alarms_of(template).items()}

    assert all(("Owner: orders-team." in text) == ("-orders-" in name) for name, text in texts.items()), texts
    assert "Owner: platform." in sick_of(template)["AlarmDescription"]


def test_descriptions_name_severity_runbook_and_who_pages(template):
    alarm = alarms_of(template)[f"{NAME}-orders-lag-critical"][1]

    assert alarm["AlarmDescription"] == (
        "retail.orders.v1.loader is 900 seconds and more behind retail.orders.v1 for 5 minutes. "
        f"Owner: orders-team. Severity: page through {NAME}-sick. Runbook: docs/runbooks/streaming-lag.md"
    )


def test_every_runbook_is_there(cluster):
    assert {rule.runbook for rule in cluster_rules(cluster)} <= {path.stem for path in RUNBOOKS.glob("*.md")}


def test_lag_has_no_dimension_of_a_broker_as_msk_reports_none_by_broker(cluster):
    lag = [rule for rule in cluster_rules(cluster) if rule.runbook == "streaming-lag"]

    assert {tuple(sorted(rule.dimensions)) for rule in lag} == {("Cluster Name", "Consumer Group", "Topic")}
    assert {rule.metric for rule in lag} == {"EstimatedMaxTimeLag", "SumOffsetLag"}


def test_a_ticket_comes_before_the_page(cluster):
    found = {rule.name: rule for rule in cluster_rules(cluster)}

    assert found["orders-lag-high"].threshold < found["orders-lag-critical"].threshold
    assert found["orders-backlog-high"].threshold < found["orders-backlog-critical"].threshold


def test_processors_are_bad_when_little_of_them_is_idle():
    early, late = rules()["broker-1-cpu-high"], rules()["broker-1-cpu-critical"]

    assert (early.metric, early.comparison) == ("CpuIdle", "LessThanOrEqualToThreshold")
    assert early.threshold > late.threshold


@pytest.mark.parametrize("brokers", [3, 6])
def test_every_broker_has_its_own(brokers):
    watching = {
        rule.dimensions["Broker ID"]
        for rule in rules(brokers=brokers).values()
        if "Broker ID" in rule.dimensions
    }

    assert watching == {str(number) for number in range(1, brokers + 1)}


def test_express_has_no_alarm_on_what_it_does_not_report():
    lacking = {
        "UnderReplicatedPartitions",
        "OfflinePartitionsCount",
        "KafkaDataLogsDiskUsed",
        "HeapMemoryAfterGC",
    }

    assert {rule.metric for rule in rules().values()} & lacking == set()
    assert {rule.metric for rule in rules("standard").values()} & lacking == lacking - {"HeapMemoryAfterGC"}


def test_of_serverless_only_lag_is_told():
    assert {rule.runbook for rule in rules("serverless").values()} == {"streaming-lag"}


def test_storage_of_express_rings_at_the_figure_of_its_settings():
    assert rules(storage_gib=2)["storage-high"].threshold == 2 * 1024**3


def test_only_silence_itself_takes_silence_for_a_fault():
    assert {name for name, rule in rules().items() if rule.missing == "breaching"} == {"silent"}
    assert {rule.missing for name, rule in rules().items() if name != "silent"} == {"ignore"}


def test_where_nobody_answers_silence_is_no_fault():
    assert "silent" not in rules(silence=False)


def test_a_group_that_msk_reports_nothing_of_is_refused():
    with pytest.raises(UnseenConsumerError, match="Mend: rename the group"):
        WatchedConsumer(dataset="orders", topic="t", group="añadir", owner="o")


def test_a_cluster_of_which_there_is_nothing_to_watch_is_refused():
    with pytest.raises(UnseenConsumerError, match="neither brokers nor consumers"):
        watched("serverless", consumers=())


def test_the_row_of_a_dashboard_is_as_wide_as_the_screen(cluster):
    title, *widgets = cluster_row(cluster, top=18, region="ap-southeast-2")

    assert title["width"] == 24
    assert sum(widget["width"] for widget in widgets) <= 24
    assert len({widget["x"] for widget in widgets}) == len(widgets)


def test_the_lines_of_the_row_are_where_alarms_ring():
    widgets = cluster_row(watched(), top=0, region="ap-southeast-2")
    lines = {
        widget["properties"]["title"]: [
            line["value"] for line in widget["properties"]["annotations"]["horizontal"]
        ]
        for widget in widgets[1:]
    }

    assert lines["Seconds behind"] == [300, 900]
    assert lines["Records behind"] == [333_333, 1_000_000]
    assert lines["Processors idle, %"] == [40, 15]


def test_every_metric_of_the_row_names_its_cluster(cluster):
    widgets = cluster_row(cluster, top=0, region="ap-southeast-2")[1:]
    metrics = [metric for widget in widgets for metric in widget["properties"]["metrics"]]

    assert metrics
    for metric in metrics:
        assert metric[metric.index("Cluster Name") + 1] == NAME


def test_the_domains_dashboard_has_the_row_below_its_own(stack):
    DomainDashboard(
        stack,
        "Dashboard",
        name="d",
        environment="test",
        domain="retail",
        datasets=["orders"],
        region="ap-southeast-2",
        cluster=watched(),
    )
    (board,) = assertions.Template.from_stack(stack).find_resources("AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(board["Properties"]["DashboardBody"])["widgets"]
    row = next(each for each in widgets if each["type"] == "text")

    assert NAME in row["properties"]["markdown"]
    assert row["y"] >= max(each["y"] + each["height"] for each in widgets[: widgets.index(row)])

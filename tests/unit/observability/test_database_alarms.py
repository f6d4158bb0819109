"""A database's alarms in a template: one composite pages for those that matter, every alarm tells somebody."""

from __future__ import annotations

import json
import re

import pytest
from aws_cdk import assertions
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns

from data_platform.observability import (
    LOG_OF,
    DatabaseAlarms,
    DomainDashboard,
    WatchedDatabase,
    database_rules,
    log_filters,
)

INSTANCE = "dp-test-retail-shop"


def watched(**given):
    return WatchedDatabase(
        **{
            "instance": INSTANCE,
            "engine": "postgres",
            "instance_class": "db.t4g.medium",
            "storage_gib": 20,
            **given,
        }
    )


@pytest.fixture(params=["postgres", "mysql"])
def database(request):
    return watched(engine=request.param, replica=f"{INSTANCE}-replica")


@pytest.fixture
def template(stack, database):
    topics = {severity: sns.Topic(stack, severity.title()) for severity in ("page", "ticket")}
    log = logs.CfnLogGroup(
        stack, "Log", log_group_name=f"/aws/rds/instance/{INSTANCE}/{LOG_OF[database.engine]}"
    )
    DatabaseAlarms(stack, "Alarms", database=database, owner="retail-owner", topics=topics, log_group=log.ref)
    return assertions.Template.from_stack(stack)


def alarms_of(template):
    found = template.find_resources("AWS::CloudWatch::Alarm")
    return {each["Properties"]["AlarmName"]: (key, each["Properties"]) for key, each in found.items()}


def sick_of(template):
    (sick,) = template.find_resources("AWS::CloudWatch::CompositeAlarm").values()
    return sick["Properties"]


def children_of(template):
    return set(re.findall(r'"Ref": "(\w+)"', json.dumps(sick_of(template)["AlarmRule"])))


def test_every_rule_is_an_alarm_under_the_instances_name(template, database):
    assert set(alarms_of(template)) == {f"{INSTANCE}-{rule.name}" for rule in database_rules(database)}


def test_the_two_alarms_that_hold_an_extraction_back_have_the_names_it_asks_for(template):
    assert {f"{INSTANCE}-cpu-high", f"{INSTANCE}-connections-high"} < set(alarms_of(template))


def test_children_of_the_composite_are_the_rules_that_are_worth_a_page(template, database):
    alarms = alarms_of(template)

    assert children_of(template) == {
        alarms[f"{INSTANCE}-{rule.name}"][0] for rule in database_rules(database) if rule.severity == "page"
    }


def test_the_composite_pages_and_no_other_alarm_does(template):
    assert [action["Ref"][:4] for action in sick_of(template)["AlarmActions"]] == ["Page"]
    for name, (_, alarm) in alarms_of(template).items():
        assert [action["Ref"][:6] for action in alarm["AlarmActions"]] == ["Ticket"], name
        assert alarm["OKActions"] == alarm["AlarmActions"]


def test_the_rule_of_the_composite_fits_into_what_cloudwatch_takes(template):
    text = json.dumps(sick_of(template)["AlarmRule"])

    assert len(text) + 100 * len(children_of(template)) < 10_240
    assert len(children_of(template)) <= 100


def test_descriptions_name_owner_severity_runbook_and_who_pages(template):
    alarms = alarms_of(template)

    assert alarms[f"{INSTANCE}-storage-critical"][1]["AlarmDescription"] == (
        "85 % of its 20 GiB of storage are used; a full database stops. Owner: retail-owner. "
        f"Severity: page through {INSTANCE}-sick. Runbook: docs/runbooks/database-storage.md"
    )
    assert "Severity: ticket. Runbook" in alarms[f"{INSTANCE}-cpu-high"][1]["AlarmDescription"]
    assert sick_of(template)["AlarmDescription"].endswith(
        "Owner: retail-owner. Severity: page. Runbook: docs/runbooks/database-sick.md"
    )


def test_what_is_counted_in_the_log_is_what_the_alarms_look_at(template, database):
    filters = template.find_resources("AWS::Logs::MetricFilter").values()
    counted = {
        (each["MetricNamespace"], each["MetricName"])
        for entry in filters
        for each in entry["Properties"]["MetricTransformations"]
    }

    assert counted == {
        (rule.namespace, rule.metric) for rule in database_rules(database) if rule.namespace != "AWS/RDS"
    }
    assert {json.dumps(entry["Properties"]["LogGroupName"]) for entry in filters} == {'{"Ref": "Log"}'}


@pytest.mark.parametrize("engine", ["postgres", "mysql"])
def test_a_filter_pattern_is_no_longer_than_cloudwatch_takes(engine):
    assert max(map(len, log_filters(engine).values())) <= 1024


def test_the_domains_dashboard_has_a_row_a_database(stack):
    databases = [watched(), watched(instance="dp-test-retail-till", engine="mysql")]
    DomainDashboard(
        stack,
        "Dashboard",
        name="d",
        environment="test",
        domain="retail",
        datasets=["orders"],
        region="ap-southeast-2",
        databases=databases,
    )
    (board,) = assertions.Template.from_stack(stack).find_resources("AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(board["Properties"]["DashboardBody"])["widgets"]
    titles = [each for each in widgets if each["type"] == "text"]
    lines = [
        line["value"]
        for each in widgets
        for line in each["properties"].get("annotations", {}).get("horizontal", [])
        if each["properties"]["title"] == "Connections"
    ]

    assert [each["properties"]["markdown"].split("**")[1] for each in titles] == [
        INSTANCE,
        "dp-test-retail-till",
    ]
    assert lines == [328.8, 369.9, 248.8, 279.9]
    assert not overlapping(widgets)


def overlapping(widgets):
    cells = [
        (x, y)
        for each in widgets
        for x in range(each["x"], each["x"] + each["width"])
        for y in range(each["y"], each["y"] + each["height"])
    ]
    return len(cells) != len(set(cells)) or max(x for x, _ in cells) >= 24


def test_a_severity_without_a_topic_fails_at_synth(stack):
    with pytest.raises(KeyError, match="ticket"):
        DatabaseAlarms(stack, "Alarms", database=watched(), owner="o", topics={}, log_group="g")

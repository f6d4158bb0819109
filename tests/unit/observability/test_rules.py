"""The alarm table: each alarm says who mends it, what silence means, and where help is."""

from __future__ import annotations

from dataclasses import replace

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_sns as sns

from data_platform.observability import DomainAlarms, DomainDashboard, Watched, domain_rules

WATCHED = Watched(
    environment="test",
    domain="aviation",
    state_machine_arn="arn:aws:states:ap-southeast-2:111111111111:stateMachine:m",
    ledger="ledger",
    functions=["schema-drift", "quality-verdict"],
    deadlines={"flights": "flights-owner", "weather": "weather-owner"},
    scheduled=True,
)
ONE_HOUR, ONE_DAY, ONE_WEEK = 3600, 86_400, 604_800


@pytest.fixture
def template(stack):
    topics = {severity: sns.Topic(stack, severity.title()) for severity in ("page", "ticket")}
    for name in ("First", "Second"):  # twice in one stack: nothing collides but public names
        DomainAlarms(
            stack,
            name,
            name_prefix=f"dp-{name}",
            rules=domain_rules(WATCHED),
            owner="data-owner",
            topics=topics,
        )
        DomainDashboard(
            stack,
            f"{name}Dashboard",
            name=name,
            environment="test",
            domain="aviation",
            datasets=["flights"],
            region="ap-southeast-2",
        )
    return assertions.Template.from_stack(stack)


def _alarms(template):
    found = template.find_resources("AWS::CloudWatch::Alarm").values()
    return {alarm["Properties"]["AlarmName"]: alarm["Properties"] for alarm in found}


def test_names_of_alarms_are_told_apart():
    names = [rule.name for rule in domain_rules(WATCHED)]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("rule", domain_rules(WATCHED), ids=lambda rule: rule.name)
def test_every_window_is_legal_for_cloudwatch(rule):
    longest = ONE_DAY if rule.period_seconds < ONE_HOUR else ONE_WEEK

    assert rule.period_seconds % 60 == 0
    assert rule.period_seconds * rule.periods <= longest


def test_only_the_watch_of_the_watch_takes_silence_for_a_fault():
    breaching = [rule.name for rule in domain_rules(WATCHED) if rule.missing == "breaching"]

    assert breaching == ["deadline-unchecked"]


def test_silence_is_no_fault_where_nothing_is_scheduled():
    rules = domain_rules(replace(WATCHED, scheduled=False))

    assert "deadline-unchecked" not in {rule.name for rule in rules}


def test_a_domain_without_deadlines_has_no_deadline_alarm():
    names = {rule.name for rule in domain_rules(replace(WATCHED, deadlines={}))}

    assert not {name for name in names if name.startswith("deadline")}


def test_descriptions_name_owner_severity_and_runbook(template):
    alarms = _alarms(template)

    assert alarms["dp-First-run-failed"]["AlarmDescription"] == (
        "A run failed; that day of the dataset is not published. Owner: data-owner. Severity: page. "
        "Runbook: docs/runbooks/run-failed.md"
    )
    assert "Owner: flights-owner." in alarms["dp-First-deadline-missed-flights"]["AlarmDescription"]


def test_every_alarm_tells_the_topic_of_its_severity_when_it_starts_and_ends(template):
    topics = template.find_resources("AWS::SNS::Topic")
    for rule in domain_rules(WATCHED):
        alarm = _alarms(template)[f"dp-First-{rule.name}"]
        (action,) = alarm["AlarmActions"]

        assert action["Ref"] in topics
        assert action["Ref"].startswith(rule.severity.title())
        assert alarm["OKActions"] == alarm["AlarmActions"]
        assert alarm["ActionsEnabled"] is True


def test_every_alarm_says_how_it_compares_and_what_silence_means(template):
    for alarm in _alarms(template).values():
        assert alarm["ComparisonOperator"] in {"GreaterThanOrEqualToThreshold", "LessThanThreshold"}
        assert alarm["TreatMissingData"] in {"breaching", "notBreaching"}


def test_a_severity_without_a_topic_fails_at_synth():
    stack = cdk.Stack()

    with pytest.raises(KeyError, match="page"):
        DomainAlarms(stack, "Alarms", name_prefix="dp", rules=domain_rules(WATCHED), owner="o", topics={})


def test_the_dashboard_shows_every_dataset(template):
    (body, _) = (
        board["Properties"]["DashboardBody"]
        for board in template.find_resources("AWS::CloudWatch::Dashboard").values()
    )

    assert '"RowsCurated", "Environment", "test", "Domain", "aviation", "Dataset", "flights"' in body

"""The connectors of a domain pass every gate: no finding, no wildcard but those of names that AWS makes itself."""

from __future__ import annotations

import json

import pytest
from test_templates import window_problems

from data_platform.access.duties import CAPTURING, DUTIES, STREAMING

# MSK Connect's own topics and groups, and the connector's ARN, end in ids that nobody knows before they are there.
WILDCARDS = {
    "__amazon_msk_connect_cluster_dp-express-retail-capture-shop_*",
    "__amazon_msk_connect_*_dp-express-retail-capture-shop_*",
    "*",
}


@pytest.fixture(scope="module")
def captured(streaming_of):
    return streaming_of("express")


@pytest.fixture(scope="module")
def template(captured):
    (name,) = (stack for stack in captured.templates if stack.endswith("-retail-capture"))
    return captured.templates[name]


def of_type(template, kind):
    return {key: each["Properties"] for key, each in template["Resources"].items() if each["Type"] == kind}


def statements(template):
    policies = of_type(template, "AWS::IAM::ManagedPolicy").values()
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]


def listed(value):
    return value if isinstance(value, list) else [value]


def test_no_finding_is_open(captured):
    assert captured.failure == ""
    assert [
        f"{finding['ruleName']} {place['constructPath']}: {finding['description']}"
        for finding in captured.findings()
        for place in finding["violatingConstructs"]
    ] == []


def test_cfn_lint_accepts_the_stack(cfn_lint, template):
    assert [f"{each.rule.id} {each.message}" for each in cfn_lint(template)] == []


def test_every_alarm_has_a_window_that_cloudwatch_accepts(template):
    alarms = of_type(template, "AWS::CloudWatch::Alarm")

    assert {each["AlarmName"].rsplit("shop-", 1)[1] for each in alarms.values()} == {
        "connector-failed",
        "connector-late",
        "task-failed",
    }
    assert [problem for name, each in alarms.items() for problem in window_problems(name, each)] == []


def test_only_names_that_aws_makes_itself_have_a_wildcard(template):
    named = [arn for each in statements(template) for arn in listed(each["Resource"]) if isinstance(arn, str)]
    wild = {arn.rsplit("/", 1)[-1] for arn in named if "*" in arn}

    assert wild == WILDCARDS
    assert [
        action for each in statements(template) for action in listed(each["Action"]) if "*" in action
    ] == []


def test_the_boundary_knows_every_action_of_the_stack(template):
    used = {action for each in statements(template) for action in listed(each["Action"])}

    assert used <= DUTIES | STREAMING | CAPTURING


def test_no_template_holds_the_password_or_an_address_of_a_broker(template):
    text = json.dumps(template)

    assert "${secretsmanager:dp-express-retail-capture-shop:password}" in text
    assert "GenerateSecretString" in text
    assert ":9098" not in text


def test_the_plugin_is_the_recorded_one_in_the_assets_bucket(template):
    (plugin,) = of_type(template, "AWS::KafkaConnect::CustomPlugin").values()
    place = plugin["Location"]["S3Location"]
    digest = place["FileKey"].removeprefix("connect-plugins/").removesuffix(".zip")

    assert place["BucketArn"] == "arn:aws:s3:::cdk-hnb659fds-assets-333333333333-ap-southeast-2"
    assert plugin["Name"].endswith(digest[:12])
    assert len(digest) == 64


def test_a_domain_whose_streaming_is_off_has_no_connector(streaming_of):
    assert [name for name in streaming_of("off").templates if name.endswith("-capture")] == []

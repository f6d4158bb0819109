from __future__ import annotations

import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Match, Template

from data_platform.foundation import SeverityTopics


@pytest.fixture
def template(stack):
    emails = {"page": ("on-call@example.com",), "ticket": ()}
    SeverityTopics(
        stack,
        "Topics",
        name_prefix="dp-dev",
        key=kms.Key(stack, "Key"),
        emails=emails,
        dead_letters=sqs.Queue(stack, "Letters"),
    )
    return Template.from_stack(stack)


@pytest.mark.parametrize("severity", ["page", "ticket"])
def test_there_is_an_encrypted_topic_a_severity(template, severity):
    template.has_resource_properties(
        "AWS::SNS::Topic", {"TopicName": f"dp-dev-{severity}", "KmsMasterKeyId": Match.any_value()}
    )


def test_a_severity_tells_those_whom_the_environment_names(template):
    template.resource_count_is("AWS::SNS::Subscription", 1)
    template.has_resource_properties(
        "AWS::SNS::Subscription", {"Protocol": "email", "Endpoint": "on-call@example.com"}
    )


def test_a_notice_that_cannot_be_mailed_is_kept(template):
    (subscription,) = template.find_resources("AWS::SNS::Subscription").values()

    assert "deadLetterTargetArn" in subscription["Properties"]["RedrivePolicy"]


def test_topics_refuse_plain_http(template):
    statements = [
        statement
        for policy in template.find_resources("AWS::SNS::TopicPolicy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]

    assert [
        s["Effect"] for s in statements if s.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
    ] == [
        "Deny",
        "Deny",
    ]


def test_only_alarms_and_events_of_this_account_publish(template):
    statements = [
        statement
        for policy in template.find_resources("AWS::SNS::TopicPolicy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]

    assert {str(statement["Principal"]) for statement in statements} == {
        str({"Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com"]})
    }
    assert {str(statement["Condition"]) for statement in statements} == {
        str({"StringEquals": {"aws:SourceAccount": "111111111111"}})
    }

"""What a trail took is told on EventBridge, and written to the trail's log group for metric filters."""

from __future__ import annotations

import json
import time
import uuid

import pytest

PATTERN = {
    "source": ["aws.sqs"],
    "detail-type": ["AWS API Call via CloudTrail"],
    "detail": {"eventName": ["CreateQueue"], "userIdentity": {"type": ["AssumedRole"]}},
}


@pytest.fixture
def told(trail):
    """A queue to which a rule sends calls of CreateQueue by roles; call it with a text to wait for."""
    sqs, events = trail.aws.client("sqs"), trail.aws.client("events")
    name = f"told-{uuid.uuid4().hex[:8]}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:ap-southeast-2:000000000000:{name}"
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    events.put_rule(Name=name, EventPattern=json.dumps(PATTERN))
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])

    def wait(text, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", [])
            bodies = [json.loads(message["Body"]) for message in found if text in message["Body"]]
            if bodies:
                return bodies[0]
        return None

    yield wait
    events.remove_targets(Rule=name, Ids=["queue"])
    events.delete_rule(Name=name)


def _queue_made(trail, name):
    role = trail.aws.role({"Effect": "Allow", "Action": "sqs:CreateQueue", "Resource": "*"})
    trail.aws.client_as(role, "sqs").create_queue(QueueName=name)


def test_a_call_that_matches_a_rule_is_told_with_the_whole_record(trail, told):
    name = f"queue-{uuid.uuid4().hex[:8]}"
    _queue_made(trail, name)
    event = told(name, 15)
    assert event["source"] == "aws.sqs"
    assert event["detail"]["requestParameters"]["queueName"] == name


def test_a_call_while_no_trail_logs_is_not_told(trail, told):
    name = f"queue-{uuid.uuid4().hex[:8]}"
    cloudtrail = trail.aws.client("cloudtrail")
    cloudtrail.stop_logging(Name=trail.name)
    try:
        _queue_made(trail, name)
        assert told(name, 4) is None
    finally:
        cloudtrail.start_logging(Name=trail.name)


def test_the_call_that_stops_a_trail_is_in_the_trail(trail):
    cloudtrail = trail.aws.client("cloudtrail")
    cloudtrail.stop_logging(Name=trail.name)
    cloudtrail.start_logging(Name=trail.name)
    assert trail.wait_for(eventName="StopLogging")["requestParameters"]["name"] == trail.name


def test_records_reach_the_log_group_by_the_trails_role(trail):
    logs, cloudtrail = trail.aws.client("logs"), trail.aws.client("cloudtrail")
    group = f"/trail/{uuid.uuid4().hex[:8]}"
    logs.create_log_group(logGroupName=group)
    write = {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}
    role = trail.aws.role(write, service="cloudtrail.amazonaws.com")
    arn = f"arn:aws:logs:ap-southeast-2:000000000000:log-group:{group}:*"
    cloudtrail.update_trail(Name=trail.name, CloudWatchLogsLogGroupArn=arn, CloudWatchLogsRoleArn=role)
    trail.aws.client("sqs").list_queues()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
        if streams:
            break
        time.sleep(0.5)
    assert streams[0]["logStreamName"] == "000000000000_CloudTrail_ap-southeast-2"
    lines = logs.get_log_events(logGroupName=group, logStreamName=streams[0]["logStreamName"])["events"]
    assert json.loads(lines[0]["message"])["eventVersion"] == "1.11"


def test_a_grant_of_a_stack_is_recorded_as_cloudformations(trail):
    role = trail.aws.role({"Effect": "Allow", "Action": "sqs:ListQueues", "Resource": "*"})
    database = f"granted_{uuid.uuid4().hex[:8]}"
    trail.aws.client("glue").create_database(DatabaseInput={"Name": database})
    stack = trail.aws.deploy(
        {
            "Grant": {
                "Type": "AWS::LakeFormation::PrincipalPermissions",
                "Properties": {
                    "Principal": {"DataLakePrincipalIdentifier": role},
                    "Resource": {"Database": {"CatalogId": "000000000000", "Name": database}},
                    "Permissions": ["DESCRIBE"],
                    "PermissionsWithGrantOption": [],
                },
            }
        }
    )
    trail.aws.delete(stack)
    granted = trail.wait_for(eventName="GrantPermissions")
    assert granted["requestParameters"]["principal"]["dataLakePrincipalIdentifier"] == role
    assert trail.wait_for(eventName="RevokePermissions")["sourceIPAddress"] == "cloudformation.amazonaws.com"

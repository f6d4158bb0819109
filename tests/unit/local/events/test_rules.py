"""Rules reach their targets by role or by the target's policy; what fails is kept."""

from __future__ import annotations

import json
import uuid

from tests.waiting import received, until


def _queue(aws, principal=None):
    name = f"q-{uuid.uuid4().hex[:6]}"
    client = aws.client("sqs")
    url = client.create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:ap-southeast-2:000000000000:{name}"
    if principal:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": principal},
            "Action": "sqs:SendMessage",
            "Resource": arn,
        }
        client.set_queue_attributes(
            QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [statement]})}
        )
    return url, arn


def _rule(aws, pattern, *targets):
    properties = {"EventPattern": pattern, "Targets": [{"Id": f"t{i}", **t} for i, t in enumerate(targets)]}
    return aws.deploy({"R": {"Type": "AWS::Events::Rule", "Properties": properties}})


def _put(aws, source, detail):
    entry = {"Source": source, "DetailType": "Dataset Published", "Detail": json.dumps(detail)}
    assert aws.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def test_a_queue_that_names_eventbridge_gets_the_transformed_event(secured_aws):
    url, arn = _queue(secured_aws, "events.amazonaws.com")
    transformer = {"InputPathsMap": {"d": "$.detail.dataset"}, "InputTemplate": '{"dataset": <d>}'}
    source = f"unit.{uuid.uuid4().hex[:6]}"
    _rule(secured_aws, {"source": [source]}, {"Arn": arn, "InputTransformer": transformer})
    _put(secured_aws, source, {"dataset": "flights"})
    assert json.loads(received(secured_aws, url)["Body"]) == {"dataset": "flights"}


def test_a_target_that_refuses_leaves_the_event_in_the_dead_letter_queue(secured_aws):
    _, refuses = _queue(secured_aws)
    url, dead = _queue(secured_aws, "events.amazonaws.com")
    source = f"unit.{uuid.uuid4().hex[:6]}"
    _rule(secured_aws, {"source": [source]}, {"Arn": refuses, "DeadLetterConfig": {"Arn": dead}})
    _put(secured_aws, source, {"n": 1})
    message = received(secured_aws, url)
    assert json.loads(message["Body"])["detail"] == {"n": 1}
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "AccessDeniedException"


def test_a_state_machine_is_started_by_the_target_s_role(secured_aws):
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    client = secured_aws.client("stepfunctions")
    definition = {"StartAt": "S", "States": {"S": {"Type": "Succeed"}}}
    machine = client.create_state_machine(
        name=f"m-{uuid.uuid4().hex[:6]}",
        roleArn=secured_aws.role(allow, service="states.amazonaws.com"),
        definition=json.dumps(definition),
    )["stateMachineArn"]
    source = f"unit.{uuid.uuid4().hex[:6]}"
    starter = secured_aws.role(allow, service="events.amazonaws.com")
    _rule(secured_aws, {"source": [source]}, {"Arn": machine, "RoleArn": starter, "InputPath": "$.detail"})
    _put(secured_aws, source, {"n": 1})
    found = until(lambda: client.list_executions(stateMachineArn=machine)["executions"])
    assert json.loads(client.describe_execution(executionArn=found[0]["executionArn"])["input"]) == {"n": 1}


def test_an_object_put_into_a_bucket_with_events_reaches_a_rule(aws):
    bucket = f"b-{uuid.uuid4().hex[:8]}"
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"})
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    url, arn = _queue(aws)
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}},
    }
    _rule(aws, pattern, {"Arn": arn})
    s3.put_object(Bucket=bucket, Key="a/b.parquet", Body=b"x")
    assert json.loads(received(aws, url)["Body"])["detail"]["object"]["key"] == "a/b.parquet"


def test_an_alarm_s_change_of_state_is_an_event(aws):
    url, arn = _queue(aws)
    name = f"a-{uuid.uuid4().hex[:6]}"
    _rule(aws, {"source": ["aws.cloudwatch"], "detail": {"alarmName": [name]}}, {"Arn": arn})
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="N",
        MetricName="M",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    aws.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")
    assert json.loads(received(aws, url)["Body"])["detail"]["state"]["value"] == "ALARM"

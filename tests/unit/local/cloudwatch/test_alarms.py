"""Alarms act on a running server: topics hear them, unless the topic's or its key's policy says no."""

from __future__ import annotations

import json
import time
import uuid

import pytest

from tests.waiting import until


def _listening(aws, topic):
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName=f"q-{uuid.uuid4().hex[:6]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [policy]})})
    aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return url


def _heard(aws, url):
    def look():
        messages = aws.client("sqs").receive_message(QueueUrl=url).get("Messages", [])
        return [json.loads(json.loads(m["Body"])["Message"]) for m in messages]

    return look


def _alarm(aws, topic, **given):
    name = f"a-{uuid.uuid4().hex[:6]}"
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="Unit",
        MetricName=name,
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[topic],
        **given,
    )
    return name


def _breach(aws, name):
    aws.client("cloudwatch").put_metric_data(Namespace="Unit", MetricData=[{"MetricName": name, "Value": 2}])


def test_new_data_raise_the_alarm_and_the_topic_hears_it(aws):
    topic = aws.client("sns").create_topic(Name=f"t-{uuid.uuid4().hex[:6]}")["TopicArn"]
    queue = _listening(aws, topic)
    name = _alarm(aws, topic, AlarmDescription="owner=data; runbook=x")
    _breach(aws, name)
    message = until(_heard(aws, queue))[0]
    assert (message["AlarmName"], message["NewStateValue"]) == (name, "ALARM")
    assert message["AlarmDescription"] == "owner=data; runbook=x"
    assert message["Trigger"]["TreatMissingData"] == "notBreaching"


def _topic(secured_aws, policy=None, key=None):
    properties = {"KmsMasterKeyId": key} if key else {}
    resources = {"T": {"Type": "AWS::SNS::Topic", "Properties": properties}}
    if policy:
        statement = {"Effect": "Allow", "Action": "sns:Publish", "Resource": {"Ref": "T"}, **policy}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        resources["P"] = {
            "Type": "AWS::SNS::TopicPolicy",
            "Properties": {"Topics": [{"Ref": "T"}], "PolicyDocument": document},
        }
    return secured_aws.resource(secured_aws.deploy(resources), "T")


def _actions(aws, name):
    def look():
        found = aws.client("cloudwatch").describe_alarm_history(AlarmName=name, HistoryItemType="Action")
        return [item["HistorySummary"] for item in found["AlarmHistoryItems"]]

    return look


_CLOUDWATCH = {"Principal": {"Service": "cloudwatch.amazonaws.com"}}


def test_a_topic_that_does_not_name_cloudwatch_hears_nothing(secured_aws):
    name = _alarm(secured_aws, _topic(secured_aws))
    _breach(secured_aws, name)
    assert (
        "cloudwatch.amazonaws.com is not authorized to perform: sns:Publish"
        in until(_actions(secured_aws, name))[0]
    )


def test_a_topic_that_names_cloudwatch_hears_it(secured_aws):
    name = _alarm(secured_aws, _topic(secured_aws, _CLOUDWATCH))
    _breach(secured_aws, name)
    assert until(_actions(secured_aws, name))[0].startswith("Successfully executed action")


def test_an_encrypted_topic_needs_a_key_that_names_cloudwatch_too(secured_aws):
    key = secured_aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    name = _alarm(secured_aws, _topic(secured_aws, _CLOUDWATCH, key))
    _breach(secured_aws, name)
    assert "kms:GenerateDataKey" in until(_actions(secured_aws, name))[0]


def test_a_composite_alarm_of_a_template_follows_its_children(aws):
    child = _alarm(aws, "arn:aws:sns:ap-southeast-2:000000000000:none")
    properties = {
        "AlarmRule": f'ALARM("{child}") AND NOT OK("{child}")',
        "AlarmDescription": "both",
        "ActionsEnabled": False,
    }
    stack = aws.deploy({"C": {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": properties}})
    name = aws.resource(stack, "C")
    cloudwatch = aws.client("cloudwatch")
    cloudwatch.set_alarm_state(AlarmName=child, StateValue="ALARM", StateReason="test")

    # The history, since the next look at the child's data takes the set state back, and the composite's with it.
    found = cloudwatch.describe_alarm_history(
        AlarmName=name, AlarmTypes=["CompositeAlarm"], HistoryItemType="StateUpdate"
    )["AlarmHistoryItems"]
    assert "Alarm updated from OK to ALARM" in [item["HistorySummary"] for item in found]


def test_an_alarm_of_a_template_may_use_metric_math(aws):
    metric = {"Namespace": "Unit", "MetricName": "math", "Dimensions": []}
    queries = [
        {"Id": "m1", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, "ReturnData": False},
        {"Id": "e1", "Expression": "FILL(m1, 0) * 2", "Label": "twice"},
    ]
    properties = {
        "Metrics": queries,
        "EvaluationPeriods": 1,
        "Threshold": 4,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
    }
    stack = aws.deploy({"A": {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}})
    cloudwatch = aws.client("cloudwatch")
    cloudwatch.put_metric_data(Namespace="Unit", MetricData=[{"MetricName": "math", "Value": 2}])

    def alarm():
        found = cloudwatch.describe_alarms(AlarmNames=[aws.resource(stack, "A")])["MetricAlarms"][0]
        return found if found["StateValue"] == "ALARM" else None

    assert [q["Id"] for q in until(alarm)["Metrics"]] == ["m1", "e1"]


def test_get_metric_data_evaluates_expressions(aws):
    cloudwatch = aws.client("cloudwatch")
    now = int(time.time())
    data = [{"MetricName": "calls", "Value": value, "Timestamp": now} for value in (1, 3)]
    cloudwatch.put_metric_data(Namespace="UnitData", MetricData=data)
    metric = {"Namespace": "UnitData", "MetricName": "calls"}
    queries = [
        {"Id": "m1", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, "ReturnData": False},
        {"Id": "e1", "Expression": "m1 / 2"},
    ]
    found = cloudwatch.get_metric_data(MetricDataQueries=queries, StartTime=now - 600, EndTime=now + 60)
    assert [(r["Id"], r["Values"]) for r in found["MetricDataResults"]] == [("e1", [2.0])]


@pytest.mark.parametrize("pattern", ['{ $.level = "ERROR" }', "ERROR"])
def test_a_metric_filter_counts_matching_lines(aws, pattern):
    name = f"f-{uuid.uuid4().hex[:6]}"
    transformation = {"MetricName": name, "MetricNamespace": "Filters", "MetricValue": "1"}
    properties = {
        "LogGroupName": {"Ref": "G"},
        "FilterPattern": pattern,
        "MetricTransformations": [transformation],
    }
    stack = aws.deploy(
        {
            "G": {
                "Type": "AWS::Logs::LogGroup",
                "Properties": {"RetentionInDays": 7, "DeletionProtectionEnabled": False},
            },
            "F": {"Type": "AWS::Logs::MetricFilter", "Properties": properties},
        }
    )
    logs, now = aws.client("logs"), int(time.time() * 1000)
    group = aws.resource(stack, "G")
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    lines = ['{"level": "ERROR"}', '{"level": "INFO"}', '{"level": "ERROR", "n": 2}']
    events = [{"timestamp": now, "message": line} for line in lines]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    points = aws.client("cloudwatch").get_metric_statistics(
        Namespace="Filters",
        MetricName=name,
        StartTime=time.time() - 600,
        EndTime=time.time() + 60,
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    assert sum(p["Sum"] for p in points) == 2


def test_a_message_in_a_dead_letter_queue_raises_the_alarm_on_its_depth(aws):
    name = f"dead-{uuid.uuid4().hex[:6]}"
    url = aws.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    cloudwatch = aws.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": name}],
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )
    aws.client("sqs").send_message(QueueUrl=url, MessageBody="x")
    assert until(
        lambda: cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"] == "ALARM"
    )

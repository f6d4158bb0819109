"""Tasks call the real API as the state machine's role; answers and errors are spelled as on AWS."""

from __future__ import annotations

import json
import time
import uuid

import pytest

_REGION = {"LocationConstraint": "ap-southeast-2"}
_SIMPLE = {"Type": "Succeed"}


@pytest.fixture(scope="module")
def bucket(aws):
    name = f"b-{uuid.uuid4().hex[:8]}"
    aws.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=_REGION)
    aws.client("s3").put_object(Bucket=name, Key="plan.json", Body=b'{"a": [1, 2]}')
    return name


@pytest.fixture(scope="module")
def table(aws):
    name = f"t-{uuid.uuid4().hex[:8]}"
    aws.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def test_get_object_gives_its_body_as_text(machines, task, bucket):
    state = task("aws-sdk:s3:getObject", {"Bucket": bucket, "Key": "plan.json"})
    found = machines.output({"A": state})
    assert json.loads(found["Body"]) == {"a": [1, 2]}
    assert found["LastModified"].endswith("Z")


def test_a_missing_object_has_the_java_name(machines, task, bucket):
    error, cause = machines.failure({"A": task("aws-sdk:s3:getObject", {"Bucket": bucket, "Key": "none"})})
    assert error == "S3.NoSuchKeyException"
    assert "Service: S3, Status Code: 404" in cause


@pytest.mark.parametrize(
    ("resource", "error"),
    [
        ("aws-sdk:dynamodb:putItem", "DynamoDb.ConditionalCheckFailedException"),
        ("dynamodb:putItem", "DynamoDB.ConditionalCheckFailedException"),
    ],
)
def test_a_refused_condition_is_named_by_the_kind_of_integration(machines, task, table, resource, error):
    item = {"id": {"S": resource}, "n": {"N": "1"}}
    arguments = {"TableName": table, "Item": item, "ConditionExpression": "attribute_not_exists(id)"}
    states = {"A": task(resource, arguments, Next="B"), "B": task(resource, arguments)}
    assert machines.failure(states)[0] == error


def test_attribute_values_are_spelled_by_the_kind_of_integration(machines, task, table):
    item = {"id": {"S": "types"}, "b": {"BOOL": True}, "n": {"NULL": True}, "s": {"SS": ["x"]}}
    states = {
        "A": task("dynamodb:putItem", {"TableName": table, "Item": item}, Next="B"),
        "B": task("aws-sdk:dynamodb:getItem", {"TableName": table, "Key": {"id": {"S": "types"}}}),
    }
    expected = {"id": {"S": "types"}, "b": {"Bool": True}, "n": {"Nul": True}, "s": {"Ss": ["x"]}}
    assert machines.output(states)["Item"] == expected


def test_an_argument_that_the_api_lacks_is_named(machines, task, bucket):
    error, cause = machines.failure({"A": task("aws-sdk:s3:getObject", {"Bucket": bucket, "Kye": "x"})})
    assert error == "States.Runtime"
    assert "'Kye' is not supported" in cause


def test_a_service_that_does_not_exist_is_named(machines, task):
    error, cause = machines.failure({"A": task("aws-sdk:nosuch:doIt", {})})
    assert error == "States.Runtime"
    assert "'nosuch'" in cause


def test_a_lambda_error_keeps_its_type_and_can_be_caught_by_it(machines, aws, task):
    role = aws.role(service="lambda.amazonaws.com")
    code = {"ZipFile": "class GateFailed(Exception): pass\ndef handler(e, c): raise GateFailed('3 of 10')"}
    properties = {"Code": code, "Handler": "index.handler", "Runtime": "python3.13", "Role": role}
    stack = aws.deploy({"F": {"Type": "AWS::Lambda::Function", "Properties": properties}})
    arguments = {"FunctionName": aws.resource(stack, "F"), "Payload": {"x": 1}}
    output = "{% $parse($states.errorOutput.Cause).errorMessage %}"
    catch = {"ErrorEquals": ["GateFailed"], "Output": output, "Next": "B"}
    assert machines.output({"A": task("lambda:invoke", arguments, Catch=[catch]), "B": _SIMPLE}) == "3 of 10"


def test_events_and_messages_are_sent(machines, aws, task):
    queue = aws.client("sqs").create_queue(QueueName=f"q-{uuid.uuid4().hex[:6]}")["QueueUrl"]
    topic = aws.client("sns").create_topic(Name=f"t-{uuid.uuid4().hex[:6]}")["TopicArn"]
    entry = {
        "Source": "dp.unit",
        "DetailType": "Dataset Published",
        "Detail": {"rows": 3},
        "EventBusName": "default",
    }
    states = {
        "A": task("sqs:sendMessage", {"QueueUrl": queue, "MessageBody": {"a": 1}}, Next="B"),
        "B": task("sns:publish", {"TopicArn": topic, "Message": {"b": 1}}, Next="C"),
        "C": task("events:putEvents", {"Entries": [entry]}),
    }
    assert machines.output(states)["FailedEntryCount"] == 0
    assert aws.client("sqs").receive_message(QueueUrl=queue)["Messages"][0]["Body"] == '{"a":1}'


def test_a_role_without_the_right_is_refused_with_the_service_s_error(secured_aws, secured_machines, task):
    weak = secured_aws.role(
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, service="states.amazonaws.com"
    )
    glue = secured_machines.failure({"A": task("aws-sdk:glue:getDatabases", {})}, role=weak)
    assert glue[0] == "Glue.AccessDeniedException"
    assert f"assumed-role/{weak.rsplit('/', 1)[-1]}/" in glue[1]
    function = {"FunctionName": "any", "Payload": {}}
    assert (
        secured_machines.failure({"A": task("lambda:invoke", function)}, role=weak)[0]
        == "Lambda.AWSLambdaException"
    )


def test_a_role_that_does_not_trust_step_functions_runs_nothing(secured_aws, secured_machines, task):
    role = secured_aws.role({"Effect": "Allow", "Action": "*", "Resource": "*"})
    error, cause = secured_machines.failure({"A": task("aws-sdk:s3:listBuckets", {})}, role=role)
    assert error == "States.TaskFailed"
    assert "states.amazonaws.com is not authorized to perform: sts:AssumeRole" in cause


def test_the_calls_of_an_execution_are_made_by_its_role(secured_aws, secured_machines, task):
    found = secured_machines.output({"A": task("aws-sdk:sts:getCallerIdentity", {})})
    assert f":assumed-role/{secured_machines.role.rsplit('/', 1)[-1]}/" in found["Arn"]


def test_history_goes_to_the_log_group_with_or_without_data(machines, aws):
    logs = aws.client("logs")
    for level, with_data in (("ALL", True), ("ERROR", False)):
        group = f"/sfn/{level}-{uuid.uuid4().hex[:6]}"
        logs.create_log_group(logGroupName=group)
        arn = f"arn:aws:logs:ap-southeast-2:000000000000:log-group:{group}:*"
        destination = {"cloudWatchLogsLogGroup": {"logGroupArn": arn}}
        logging = {"level": level, "includeExecutionData": with_data, "destinations": [destination]}
        machines.failure({"A": {"Type": "Fail", "Error": "E"}}, {"secret": 1}, logging=logging)
        lines = [json.loads(e["message"]) for e in logs.filter_log_events(logGroupName=group)["events"]]
        kinds = [line["type"] for line in lines]
        expected = (
            ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]
            if level == "ALL"
            else ["FailStateEntered", "ExecutionFailed"]
        )
        assert kinds == expected
        assert any("secret" in json.dumps(line) for line in lines) == with_data


def test_executions_are_counted_under_their_state_machine(machines, aws):
    arn = machines.create({"S": _SIMPLE})
    machines.ended(machines.client.start_execution(stateMachineArn=arn)["executionArn"])
    now = time.time()
    found = {}
    for metric in ("ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionTime"):
        points = aws.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/States",
            MetricName=metric,
            Dimensions=[{"Name": "StateMachineArn", "Value": arn}],
            StartTime=now - 600,
            EndTime=now + 60,
            Period=3600,
            Statistics=["Sum", "SampleCount"],
        )["Datapoints"]
        # A run may take less than a millisecond: its time is there, whatever it is.
        counted = "SampleCount" if metric == "ExecutionTime" else "Sum"
        found[metric] = sum(p[counted] for p in points)
    assert found.pop("ExecutionTime") == 1
    assert found == {"ExecutionsStarted": 1, "ExecutionsSucceeded": 1, "ExecutionsFailed": 0}


def test_a_template_keeps_logging_and_tracing(aws, machines):
    logs = aws.client("logs")
    group = f"/cfn/{uuid.uuid4().hex[:6]}"
    logs.create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:ap-southeast-2:000000000000:log-group:{group}:*"
    definition = {"StartAt": "S", "States": {"S": {"Type": "Succeed"}}}
    properties = {
        "RoleArn": machines.role,
        "DefinitionString": json.dumps(definition),
        "TracingConfiguration": {"Enabled": True},
        "LoggingConfiguration": {
            "Level": "ALL",
            "IncludeExecutionData": True,
            "Destinations": [{"CloudWatchLogsLogGroup": {"LogGroupArn": arn}}],
        },
    }
    stack = aws.deploy({"M": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}})
    found = machines.client.describe_state_machine(stateMachineArn=aws.resource(stack, "M"))
    assert found["tracingConfiguration"] == {"enabled": True}
    assert found["loggingConfiguration"]["level"] == "ALL"
    machines.ended(machines.client.start_execution(stateMachineArn=aws.resource(stack, "M"))["executionArn"])
    assert logs.filter_log_events(logGroupName=group)["events"]

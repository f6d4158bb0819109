"""Functions run as their role, fail with their exception's class, and are counted and logged."""

from __future__ import annotations

import io
import json
import time
import uuid
import zipfile
from typing import TYPE_CHECKING, Any

from tests.waiting import until

if TYPE_CHECKING:
    from tests.unit.local.conftest import Aws

_S3_ONLY = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}


def _function(aws: Aws, code: str, *, role: str | None = None, **given: Any) -> str:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", code)
    name = f"f-{uuid.uuid4().hex[:8]}"
    aws.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="index.handler",
        Role=role or aws.role(_S3_ONLY, service="lambda.amazonaws.com"),
        Code={"ZipFile": buffer.getvalue()},
        **{"MemorySize": 256, "Timeout": 20, **given},
    )
    return name


def _invoke(aws: Aws, name: str, event: Any = None) -> tuple[str | None, Any]:
    answer = aws.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
    return answer.get("FunctionError"), json.loads(answer["Payload"].read())


def test_the_error_type_is_the_class_of_the_exception(secured_aws):
    code = "class GateFailed(Exception): pass\ndef handler(e, c): raise GateFailed('3 checks failed')"
    failed, body = _invoke(secured_aws, _function(secured_aws, code))
    assert failed == "Unhandled"
    assert (body["errorType"], body["errorMessage"]) == ("GateFailed", "3 checks failed")


def test_a_function_acts_as_its_role_over_tls(secured_aws):
    code = (
        "import boto3\ndef handler(e, c):\n    boto3.client('s3').list_buckets()\n"
        "    return boto3.client('sts').get_caller_identity()['Arn']"
    )
    role = secured_aws.role(_S3_ONLY, service="lambda.amazonaws.com")
    _, arn = _invoke(secured_aws, _function(secured_aws, code, role=role))
    assert f":assumed-role/{role.rsplit('/', 1)[-1]}/" in arn


def test_what_the_role_may_not_do_the_function_may_not(secured_aws):
    code = "import boto3\ndef handler(e, c): boto3.client('sqs').list_queues()"
    _, body = _invoke(secured_aws, _function(secured_aws, code))
    assert body["errorType"] == "ClientError"
    assert "AccessDenied" in body["errorMessage"]


def test_a_role_that_does_not_trust_lambda_cannot_run_a_function(secured_aws):
    name = _function(secured_aws, "def handler(e, c): return 1", role=secured_aws.role(_S3_ONLY))
    failed, body = _invoke(secured_aws, name)
    assert failed == "Unhandled"
    assert "cannot be assumed by Lambda" in body["errorMessage"]


def test_a_timeout_and_an_exit_have_their_own_error_types(aws):
    _, slow = _invoke(aws, _function(aws, "import time\ndef handler(e, c): time.sleep(30)", Timeout=1))
    _, gone = _invoke(aws, _function(aws, "import os\ndef handler(e, c): os._exit(1)"))
    assert slow["errorType"] == "Sandbox.Timedout"
    assert gone["errorType"] == "Runtime.ExitError"


def test_a_module_that_does_not_load_says_so(aws):
    _, body = _invoke(aws, _function(aws, "import no_such_module\ndef handler(e, c): pass"))
    assert body["errorType"] == "Runtime.ImportModuleError"
    assert "no_such_module" in body["errorMessage"]


def test_more_memory_than_allowed_kills_the_function(aws):
    code = "import time\ndef handler(e, c):\n    x = b'x' * (400 * 1024 * 1024)\n    time.sleep(5)\n    return len(x)"
    _, body = _invoke(aws, _function(aws, code, MemorySize=128))
    assert body["errorType"] == "Runtime.ExitError"


def test_invocations_and_errors_are_counted_once(aws):
    name = _function(aws, "def handler(e, c):\n    if e: raise ValueError('x')")
    _invoke(aws, name)
    _invoke(aws, name, 1)
    now = time.time()
    totals = {}
    for metric in ("Invocations", "Errors", "Throttles"):
        found = aws.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": "FunctionName", "Value": name}],
            StartTime=now - 600,
            EndTime=now + 60,
            Period=3600,
            Statistics=["Sum"],
        )["Datapoints"]
        totals[metric] = sum(point["Sum"] for point in found)
    assert totals == {"Invocations": 2, "Errors": 1, "Throttles": 0}


def test_json_logs_go_to_the_configured_group(aws):
    logs = aws.client("logs")
    group = f"/unit/{uuid.uuid4().hex[:6]}"
    logs.create_log_group(logGroupName=group)
    code = "import logging\nlogging.getLogger().setLevel('INFO')\ndef handler(e, c): logging.info('hello', extra={'rows': 3})"
    name = _function(
        aws, code, LoggingConfig={"LogFormat": "JSON", "LogGroup": group, "ApplicationLogLevel": "INFO"}
    )
    _invoke(aws, name)
    events = [json.loads(e["message"]) for e in logs.filter_log_events(logGroupName=group)["events"]]
    hello = next(e for e in events if e.get("message") == "hello")
    assert (hello["level"], hello["rows"]) == ("INFO", 3)
    assert hello["requestId"]
    assert [e["type"] for e in events if "type" in e] == ["platform.start", "platform.report"]


def test_reserved_concurrency_of_a_template_throttles(aws):
    role = aws.role(service="lambda.amazonaws.com")
    code = {"ZipFile": "def handler(e, c): return 1"}
    properties = {
        "Code": code,
        "Handler": "index.handler",
        "Runtime": "python3.13",
        "Role": role,
        "ReservedConcurrentExecutions": 0,
        "KmsKeyArn": "arn:aws:kms:ap-southeast-2:000000000000:key/k",
        "VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
        "DeadLetterConfig": {"TargetArn": "arn:aws:sqs:ap-southeast-2:000000000000:dead"},
    }
    stack = aws.deploy({"F": {"Type": "AWS::Lambda::Function", "Properties": properties}})
    client = aws.client("lambda")
    config = client.get_function_configuration(FunctionName=aws.resource(stack, "F"))
    assert config["KMSKeyArn"].endswith("key/k")
    assert config["VpcConfig"]["SubnetIds"] == ["subnet-1"]
    assert config["DeadLetterConfig"]["TargetArn"].endswith(":dead")
    try:
        client.invoke(FunctionName=aws.resource(stack, "F"))
    except client.exceptions.TooManyRequestsException:
        return
    raise AssertionError("not throttled")


def test_metrics_that_a_function_prints_become_metric_data(secured_aws):
    code = (
        "import json\n"
        "def handler(e, c):\n"
        "    asked = {'Namespace': e['namespace'], 'Dimensions': [['dataset']],"
        " 'Metrics': [{'Name': 'Rows', 'Unit': 'Count'}]}\n"
        "    print(json.dumps({'_aws': {'Timestamp': 1, 'CloudWatchMetrics': [asked]},"
        " 'dataset': 'shop.orders', 'Rows': [2, 3]}))"
    )
    namespace = f"Unit-{uuid.uuid4().hex[:6]}"
    _invoke(secured_aws, _function(secured_aws, code), {"namespace": namespace})
    found = until(
        lambda: secured_aws.client("cloudwatch").get_metric_statistics(
            Namespace=namespace,
            MetricName="Rows",
            Dimensions=[{"Name": "dataset", "Value": "shop.orders"}],
            StartTime=time.time() - 600,
            EndTime=time.time() + 600,
            Period=3600,
            Statistics=["Sum", "SampleCount", "Maximum"],
        )["Datapoints"]
    )
    assert [(one["Sum"], one["SampleCount"], one["Maximum"]) for one in found] == [(5.0, 2.0, 3.0)]

"""Which AWS service an integration names, and how its errors are spelled."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from local.services.stepfunctions.errors import state_error

_BOTO3_NAMES = {
    "cloudwatchlogs": "logs",
    "costexplorer": "ce",
    "cognitoidentityprovider": "cognito-idp",
    "configservice": "config",
    "databasemigration": "dms",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "eventbridge": "events",
    "resourcegroupstaggingapi": "resourcegroupstaggingapi",
    "sfn": "stepfunctions",
}


@dataclass(frozen=True, kw_only=True)
class Optimized:
    """How an optimized integration names its service in errors, after the Java SDK v1."""

    service: str
    prefix: str
    fallback: str
    sdk_names: bool = False


OPTIMIZED = {
    "athena": Optimized(service="athena", prefix="Athena", fallback="AmazonAthenaException"),
    "dynamodb": Optimized(service="dynamodb", prefix="DynamoDB", fallback="AmazonDynamoDBException"),
    "ecs": Optimized(service="ecs", prefix="ECS", fallback="AmazonECSException", sdk_names=True),
    "events": Optimized(service="events", prefix="EventBridge", fallback="AmazonEventBridgeException"),
    "glue": Optimized(service="glue", prefix="Glue", fallback="AWSGlueException"),
    "lambda": Optimized(service="lambda", prefix="Lambda", fallback="AWSLambdaException"),
    "sns": Optimized(service="sns", prefix="SNS", fallback="AmazonSNSException"),
    "sqs": Optimized(service="sqs", prefix="SQS", fallback="AmazonSQSException"),
    "states": Optimized(
        service="stepfunctions", prefix="StepFunctions", fallback="AWSStepFunctionsException", sdk_names=True
    ),
}


@lru_cache
def _available() -> dict[str, str]:
    import botocore.session

    return {name.replace("-", ""): name for name in botocore.session.get_session().get_available_services()}


def boto3_service(name: str) -> str:
    """The boto3 name of the service in `aws-sdk:<name>:<action>`.

    Raises:
        Exception: `States.Runtime` for a service that boto3 does not know.

    Example:
        >>> boto3_service("sfn"), boto3_service("emrserverless"), boto3_service("s3")
        ('stepfunctions', 'emr-serverless', 's3')
    """
    key = name.lower().replace("-", "")
    found = _BOTO3_NAMES.get(key) or _available().get(key)
    if found is None:
        raise state_error("States.Runtime", f"The service '{name}' of an aws-sdk integration does not exist.")
    return found


def sdk_prefix(service_id: str) -> str:
    """The service's name in the errors of aws-sdk integrations.

    Example:
        >>> [sdk_prefix(s) for s in ("DynamoDB", "CloudWatch Logs", "SFN", "S3", "EMR Serverless", "Glue")]
        ['DynamoDb', 'CloudWatchLogs', 'Sfn', 'S3', 'EmrServerless', 'Glue']
    """
    words = re.findall(r"[A-Z][a-z0-9]+|[A-Z0-9]+(?![a-z])|[a-z0-9]+", service_id.replace("-", " "))
    return "".join(word[:1].upper() + word[1:].lower() for word in words)


def error_class(code: str) -> str:
    """The Java class of a modelled error.

    Example:
        >>> error_class("NoSuchKey"), error_class("DBClusterNotFoundFault"), error_class("AccessDeniedException")
        ('NoSuchKeyException', 'DbClusterNotFoundException', 'AccessDeniedException')
    """
    from local.services.stepfunctions.names import sdk_name

    base = code.removesuffix("Fault").removesuffix("Exception")
    return f"{sdk_name(base)}Exception"


def snake_case(action: str) -> str:
    """The boto3 method of an action.

    Example:
        >>> snake_case("startQueryExecution"), snake_case("listObjectsV2")
        ('start_query_execution', 'list_objects_v2')
    """
    from botocore import xform_name

    return str(xform_name(action[:1].upper() + action[1:]))

"""What each duty of a run may do: explicit actions on named resources.

Data is not here: tables are granted by Lake Formation. Names are predictable, so that policies come before the
functions and the machine that need them to be created.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from data_platform.contracts.naming import EXTRACTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from data_platform.contracts.naming import Naming

_SYNC_RULES = (
    "StepFunctionsGetEventsForECSTaskRule",
    "StepFunctionsGetEventsForStepFunctionsExecutionRule",
)


@dataclass(frozen=True, kw_only=True)
class ExtractorPlaces:
    """ARNs of one source's extractor: its task, the task's role, its log, and the alarms that are looked at first."""

    task_definition: str
    task_role: str
    log_group: str
    alarms: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Places:
    """ARNs that the rights name and no naming rule predicts."""

    key: str
    ledger: str
    dead_letters: str
    dead_letters_key: str
    cluster: str
    task_definition: str
    task_role: str
    execution_role: str
    repository: str
    plans: Sequence[str]
    datasets: Sequence[str]
    extracted: Sequence[str] = ()
    extractor_repository: str = ""
    extractor_execution_role: str = ""
    extractors: Sequence[ExtractorPlaces] = ()


def allow(*actions: str, on: Sequence[str], only: Mapping[str, object] | None = None) -> iam.PolicyStatement:
    """One statement."""
    return iam.PolicyStatement(actions=sorted(actions), resources=list(on), conditions=only)


def pipeline_rights(naming: Naming, places: Places) -> list[iam.PolicyStatement]:
    """The state machine: it calls services; of data it only lists the names of raw files.

    A domain of streams alone has neither plans nor crawlers, and a statement must name something.
    """
    functions = [naming.function(duty) for duty in ("schema-drift", "quality-verdict")]
    own_source = {"StringEquals": {"events:source": f"{naming.organisation}.{naming.domain}"}}
    own_cluster = {"ArnEquals": {"ecs:cluster": places.cluster}}
    to_tasks = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    tasks = [each.task_definition for each in places.extractors]
    task_roles = sorted({each.task_role for each in places.extractors})
    if places.extractors:
        task_roles.append(places.extractor_execution_role)
    crawlers = [_arn(naming, "glue", f"crawler/{naming.crawler(name)}") for name in places.datasets]
    return [
        *_extraction_rights(naming, places),
        *([allow("s3:GetObject", on=places.plans)] if places.plans else []),
        allow("s3:ListBucket", on=[f"arn:aws:s3:::{naming.bucket('raw')}"]),
        allow("dynamodb:GetItem", "dynamodb:UpdateItem", on=[places.ledger]),
        allow("kms:Decrypt", "kms:GenerateDataKey", on=[places.key]),
        *([allow("glue:GetCrawler", "glue:StartCrawler", on=crawlers)] if crawlers else []),
        allow(
            "lambda:InvokeFunction",
            on=[_arn(naming, "lambda", f"function:{name}") for name in functions],
        ),
        allow("states:StartExecution", on=[naming.state_machine_arn]),
        allow("ecs:RunTask", on=[places.task_definition, *tasks], only=own_cluster),
        allow("iam:PassRole", on=[places.task_role, places.execution_role, *task_roles], only=to_tasks),
        allow("events:PutEvents", on=[_arn(naming, "events", "event-bus/default")], only=own_source),
        allow(
            "events:DescribeRule",
            "events:PutRule",
            "events:PutTargets",
            on=[_arn(naming, "events", f"rule/{rule}") for rule in _SYNC_RULES],
        ),
    ]


def _extraction_rights(naming: Naming, places: Places) -> list[iam.PolicyStatement]:
    """Of databases: look at alarms and earlier extractions, read why a task ended, and point a day's partition."""
    if not places.extractors:
        return []
    raw = naming.database("raw")
    tables = [_arn(naming, "glue", f"table/{raw}/{name}") for name in places.extracted]
    catalog = [_arn(naming, "glue", "catalog"), _arn(naming, "glue", f"database/{raw}")]
    return [
        allow("s3:GetObject", on=[manifests(naming)]),
        allow("dynamodb:Query", on=[places.ledger]),
        allow("cloudwatch:DescribeAlarms", on=[alarm for each in places.extractors for alarm in each.alarms]),
        allow("logs:GetLogEvents", on=[each.log_group for each in places.extractors]),
        allow("glue:CreatePartition", "glue:GetTable", "glue:UpdatePartition", on=[*catalog, *tables]),
    ]


def manifests(naming: Naming) -> str:
    """The manifests of extractions in raw, by the pattern of their ARNs."""
    return f"arn:aws:s3:::{naming.bucket('raw')}/{EXTRACTIONS}*"


def function_rights(places: Places) -> list[iam.PolicyStatement]:
    """Any function: its dead letters."""
    return [
        allow("sqs:SendMessage", on=[places.dead_letters]),
        allow("kms:Decrypt", "kms:GenerateDataKey", on=[places.dead_letters_key]),
    ]


def drift_rights(naming: Naming, places: Places) -> list[iam.PolicyStatement]:
    """The schema-drift function: what crawlers discovered, nothing else."""
    discovered = naming.database("discovered")
    tables = [_arn(naming, "glue", f"table/{discovered}/{name}") for name in places.datasets]
    catalog = [_arn(naming, "glue", "catalog"), _arn(naming, "glue", f"database/{discovered}")]
    return [allow("glue:GetPartitions", "glue:GetTable", on=[*catalog, *tables])]


def dbt_rights(naming: Naming) -> list[iam.PolicyStatement]:
    """The dbt task: it looks at the catalogue as a whole; tables and data are the catalogue's to give."""
    return [allow("athena:GetDataCatalog", on=[_arn(naming, "athena", "datacatalog/AwsDataCatalog")])]


def image_rights(places: Places) -> list[iam.PolicyStatement]:
    """The agent of the dbt task: pull the image."""
    return [_pull(places.repository)]


def extractor_image_rights(places: Places) -> list[iam.PolicyStatement]:
    """The agent of extractors: pull their image, write their logs."""
    logs = [statement for each in places.extractors for statement in log_rights(each.log_group)]
    return [_pull(places.extractor_repository), *logs]


def _pull(repository: str) -> iam.PolicyStatement:
    return allow(
        "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", on=[repository]
    )


def schedule_rights(naming: Naming, places: Places) -> list[iam.PolicyStatement]:
    """The schedules: start the machine, keep what could not be started."""
    return [
        allow("states:StartExecution", on=[naming.state_machine_arn]),
        allow("sqs:SendMessage", on=[places.dead_letters]),
        allow("kms:Decrypt", "kms:GenerateDataKey", on=[places.dead_letters_key]),
    ]


def log_rights(group_arn: str) -> list[iam.PolicyStatement]:
    """Write to one log group; its ARN ends in `:*`, all streams, as CloudFormation gives it."""
    return [allow("logs:CreateLogStream", "logs:PutLogEvents", on=[group_arn])]


def _arn(naming: Naming, service: str, resource: str) -> str:
    return f"arn:aws:{service}:{naming.region}:{naming.account}:{resource}"

"""The task that runs dbt: an image that CI built, on Fargate, with a read-only root and no way to the internet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs import Construct

from data_platform.container_task import container_task
from data_platform.contracts.naming import RUN

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_ecr as ecr
    from aws_cdk import aws_ecs as ecs
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_logs as logs

    from data_platform.contracts.naming import Naming

CONTAINER = "dbt"


class DbtTask(Construct):
    """A task definition for dbt. It costs nothing while nothing runs.

    Args:
        scope: The construct that owns the task definition.
        construct_id: Name within its scope.
        family: Public name of the task definition.
        repository: Holds the image.
        image_tag: Which image.
        cpu: CPU units; 1024 is one vCPU.
        memory_mib: Memory.
        task_role: What dbt may do.
        execution_role: What the agent may do that starts it.
        log_key: Encrypts the logs.
        log_retention_days: Days for which logs are kept.
        removal_policy: Whether the log group outlives its stack.
    """

    definition: ecs.FargateTaskDefinition
    log_group: logs.CfnLogGroup

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        family: str,
        repository: ecr.IRepository,
        image_tag: str,
        cpu: int,
        memory_mib: int,
        task_role: iam.Role,
        execution_role: iam.Role,
        log_key: kms.IKey,
        log_retention_days: int,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        self.definition, self.log_group = container_task(
            self,
            family=family,
            container=CONTAINER,
            repository=repository,
            image_tag=image_tag,
            cpu=cpu,
            memory_mib=memory_mib,
            task_role=task_role,
            execution_role=execution_role,
            log_key=log_key,
            log_retention_days=log_retention_days,
            removal_policy=removal_policy,
        )


def dbt_environment(naming: Naming) -> list[tuple[str, str]]:
    """What the image is told of a domain. It is handed over with each run."""
    return [
        ("AWS_REGION", naming.region),
        ("DBT_SCHEMA", naming.database("curated")),
        ("DBT_STAGED_SCHEMA", naming.database("staged")),
        ("DBT_WORK_GROUP", naming.workgroup),
        ("DBT_S3_STAGING_DIR", naming.results(RUN)),
        ("DBT_S3_DATA_DIR", f"s3://{naming.bucket('curated')}/dbt/"),
    ]

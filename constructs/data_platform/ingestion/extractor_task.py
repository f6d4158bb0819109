"""The task that extracts tables of one database to raw: an image that CI built, on Fargate, beside the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs import Construct

from data_platform.container_task import container_task

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_ecr as ecr
    from aws_cdk import aws_ecs as ecs
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_logs as logs

EXTRACTOR_CONTAINER = "extractor"


class ExtractorTask(Construct):
    """A task definition for the extractor of one database. It costs nothing while nothing runs.

    Args:
        scope: The construct that owns the task definition.
        construct_id: Name within its scope.
        family: Public name of the task definition.
        repository: Holds the image.
        image_tag: Which image.
        cpu: CPU units; 1024 is one vCPU.
        memory_mib: Memory.
        task_role: What the extractor may do.
        execution_role: What the agent may do that starts it.
        log_key: Encrypts the logs.
        log_retention_days: Days for which logs are kept.
        removal_policy: Whether the log group outlives its stack.

    Example:
        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_ecr as ecr, aws_iam as iam, aws_kms as kms
        >>> stack = cdk.Stack()
        >>> agent = iam.Role(stack, "Agent", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
        >>> task = ExtractorTask(
        ...     stack, "Shop", family="dp-dev-retail-extract-shop", repository=ecr.Repository(stack, "Images"),
        ...     image_tag="0.1.0", cpu=1024, memory_mib=2048, task_role=agent, execution_role=agent,
        ...     log_key=kms.Key(stack, "Key"), log_retention_days=30, removal_policy=cdk.RemovalPolicy.DESTROY,
        ... )
        >>> task.definition.family
        'dp-dev-retail-extract-shop'
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
        task_role: iam.IRole,
        execution_role: iam.Role,
        log_key: kms.IKey,
        log_retention_days: int,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        self.definition, self.log_group = container_task(
            self,
            family=family,
            container=EXTRACTOR_CONTAINER,
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

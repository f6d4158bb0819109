"""A Fargate task of one container: an image that CI built, a read-only root, encrypted logs, no way to the internet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

from data_platform.log_group import encrypted_log_group

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_ecr as ecr
    from aws_cdk import aws_kms as kms
    from constructs import Construct

# Programs write there; all else of the container is read-only.
SCRATCH = "/tmp"  # noqa: S108 - a volume of the task's own, gone with the task


def container_task(
    scope: Construct,
    *,
    family: str,
    container: str,
    repository: ecr.IRepository,
    image_tag: str,
    cpu: int,
    memory_mib: int,
    task_role: iam.IRole,
    execution_role: iam.Role,
    log_key: kms.IKey,
    log_retention_days: int,
    removal_policy: cdk.RemovalPolicy,
) -> tuple[ecs.FargateTaskDefinition, logs.CfnLogGroup]:
    """A task definition and its log group, `/<family>`. It costs nothing while nothing runs.

    What the program is told is handed over with each run: a definition with variables is a new one for each change.

    Args:
        scope: The construct that owns both.
        family: Public name of the task definition.
        container: Name of the container, and the prefix of its log streams.
        repository: Holds the image.
        image_tag: Which image.
        cpu: CPU units; 1024 is one vCPU.
        memory_mib: Memory.
        task_role: What the program may do.
        execution_role: What the agent may do that starts it.
        log_key: Encrypts the logs.
        log_retention_days: Days for which logs are kept.
        removal_policy: Whether the log group outlives its stack.

    Example:
        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_ecr as ecr, aws_iam as iam, aws_kms as kms
        >>> stack = cdk.Stack()
        >>> agent = iam.Role(stack, "Agent", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
        >>> definition, group = container_task(
        ...     stack, family="dp-dev-retail-dbt", container="dbt", repository=ecr.Repository(stack, "Images"),
        ...     image_tag="0.1.0", cpu=1024, memory_mib=2048, task_role=agent, execution_role=agent,
        ...     log_key=kms.Key(stack, "Key"), log_retention_days=30, removal_policy=cdk.RemovalPolicy.DESTROY,
        ... )
        >>> (definition.family, group.log_group_name)
        ('dp-dev-retail-dbt', '/dp-dev-retail-dbt')
    """
    group = encrypted_log_group(
        scope,
        "LogGroup",
        name=f"/{family}",
        key=log_key,
        retention_days=log_retention_days,
        removal_policy=removal_policy,
    )
    definition = ecs.FargateTaskDefinition(
        scope,
        "Definition",
        family=family,
        cpu=cpu,
        memory_limit_mib=memory_mib,
        # Rights stand in policies of their own; CDK would add inline ones.
        task_role=task_role.without_policy_updates() if isinstance(task_role, iam.Role) else task_role,
        execution_role=execution_role.without_policy_updates(),
        runtime_platform=ecs.RuntimePlatform(
            cpu_architecture=ecs.CpuArchitecture.ARM64,
            operating_system_family=ecs.OperatingSystemFamily.LINUX,
        ),
        volumes=[ecs.Volume(name="scratch")],
    )
    made = definition.add_container(
        "Container",
        container_name=container,
        image=ecs.ContainerImage.from_ecr_repository(repository, image_tag),
        readonly_root_filesystem=True,
        logging=ecs.LogDriver.aws_logs(
            stream_prefix=container,
            log_group=logs.LogGroup.from_log_group_name(scope, "Logs", group.ref),
        ),
    )
    made.add_mount_points(ecs.MountPoint(container_path=SCRATCH, source_volume="scratch", read_only=False))
    return definition, group

"""The task that runs dbt: an image that CI built, on Fargate, with a read-only root and no way to the internet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from constructs import Construct

from data_platform.contracts.naming import RUN
from data_platform.log_group import encrypted_log_group

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_ecr as ecr
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms

    from data_platform.contracts.naming import Naming

CONTAINER = "dbt"
# dbt writes its target folder and logs there; all else of the container is read-only.
SCRATCH = "/tmp"  # noqa: S108 - a volume of the task's own, gone with the task


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
        self.log_group = encrypted_log_group(
            self,
            "LogGroup",
            name=f"/{family}",
            key=log_key,
            retention_days=log_retention_days,
            removal_policy=removal_policy,
        )
        self.definition = ecs.FargateTaskDefinition(
            self,
            "Definition",
            family=family,
            cpu=cpu,
            memory_limit_mib=memory_mib,
            # Rights stand in RunPolicies; CDK would add inline policies.
            task_role=task_role.without_policy_updates(),
            execution_role=execution_role.without_policy_updates(),
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=ecs.CpuArchitecture.ARM64,
                operating_system_family=ecs.OperatingSystemFamily.LINUX,
            ),
            volumes=[ecs.Volume(name="scratch")],
        )
        container = self.definition.add_container(
            "Container",
            container_name=CONTAINER,
            image=ecs.ContainerImage.from_ecr_repository(repository, image_tag),
            readonly_root_filesystem=True,
            logging=ecs.LogDriver.aws_logs(
                stream_prefix=CONTAINER,
                log_group=logs.LogGroup.from_log_group_name(self, "Logs", self.log_group.ref),
            ),
        )
        container.add_mount_points(
            ecs.MountPoint(container_path=SCRATCH, source_volume="scratch", read_only=False)
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

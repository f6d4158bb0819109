"""Where container tasks run and where their images lie: a cluster that costs nothing while nothing runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms

# Old images are kept for a return to them; older ones than these were never returned to.
IMAGES_KEPT = 20


class TaskCluster(Construct):
    """An ECS cluster for Fargate tasks and the repositories of the images that they run.

    CI builds and pushes the images; nothing is built at synth. Tags cannot be overwritten, so that what a
    schedule ran yesterday is what it runs today.

    Args:
        scope: The construct that owns the cluster.
        construct_id: Name within its scope.
        name: Public name of the cluster.
        images: Names of the images; each one's repository is called `<name>/<image>`.
        function_images: Those of them that Lambda pulls for functions of this account.
        vpc: Network of the tasks.
        key: Encrypts the images.
        removal_policy: Whether the repositories outlive their stack.

    Attributes:
        cluster: Runs the tasks.
        repositories: Repository by name of its image.

    Example:
        >>> from aws_cdk import aws_ec2 as ec2, aws_kms as kms
        >>> stack = cdk.Stack()
        >>> tasks = TaskCluster(
        ...     stack, "Tasks", name="dp-dev", images=["dbt", "extractor"], vpc=ec2.Vpc(stack, "Vpc"),
        ...     key=kms.Key(stack, "Key"), removal_policy=cdk.RemovalPolicy.RETAIN,
        ... )
        >>> sorted(tasks.repositories)
        ['dbt', 'extractor']
    """

    cluster: ecs.ICluster
    repositories: Mapping[str, ecr.IRepository]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        images: Sequence[str],
        vpc: ec2.IVpc,
        key: kms.IKey,
        removal_policy: cdk.RemovalPolicy,
        function_images: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            cluster_name=name,
            vpc=vpc,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
        )
        # The first image's ids are without its name, as they were when it was the only one: a repository keeps its id.
        parts = {image: image.title().replace("-", "") if place else "" for place, image in enumerate(images)}
        self.repositories = {
            image: self._repository(
                f"{name}/{image}", part, key, removal_policy, to_functions=image in function_images
            )
            for image, part in parts.items()
        }

    def _repository(
        self, name: str, part: str, key: kms.IKey, removal_policy: cdk.RemovalPolicy, *, to_functions: bool
    ) -> ecr.IRepository:
        made = ecr.Repository(
            self,
            f"{part}Repository",
            repository_name=name,
            encryption=ecr.RepositoryEncryption.KMS,
            encryption_key=key,
            image_scan_on_push=True,
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            lifecycle_rules=[ecr.LifecycleRule(max_image_count=IMAGES_KEPT)],
            removal_policy=removal_policy,
        )
        if to_functions:
            made.add_to_resource_policy(_pull_by_functions(cdk.Stack.of(self)))
        # Handed on by name: other stacks take an image's address apart, which an output of this one does not allow.
        arn = cdk.Stack.of(self).format_arn(service="ecr", resource="repository", resource_name=name)
        return ecr.Repository.from_repository_attributes(
            self, f"{part}RepositoryByName", repository_arn=arn, repository_name=name
        )


def _pull_by_functions(stack: cdk.Stack) -> iam.PolicyStatement:
    """Lambda pulls the image when a function is made, and again when it has not been called for weeks.

    https://docs.aws.amazon.com/lambda/latest/dg/images-create.html#gettingstarted-images-permissions
    """
    functions = stack.format_arn(
        service="lambda",
        resource="function",
        resource_name="*",
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
    return iam.PolicyStatement(
        sid="PullByFunctions",
        principals=[iam.ServicePrincipal("lambda.amazonaws.com")],
        actions=["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        conditions={
            "ArnLike": {"aws:SourceArn": functions},
            "StringEquals": {"aws:SourceAccount": stack.account},
        },
    )

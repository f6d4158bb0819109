"""The function that loads a topic into the lake, and the mapping that hands it the topic's records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from data_platform.network_function import network_function

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import aws_cdk as cdk
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_ecr as ecr
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_logs as logs
    from aws_cdk import aws_sqs as sqs

HANDLER = "stream_loader.handler.handle"


class StreamLoader(Construct):
    """A function from a container image, and its event source mapping.

    The mapping has no destination for failures and tries without end: whatever fails, the records wait in the topic in
    their order. What cannot be loaded the function itself writes to the topic's dead letters.

    Args:
        scope: The construct that owns both.
        construct_id: Name within its scope.
        name: Public name of the function.
        topic: The topic.
        group: The consumer group; it cannot be changed once it is made.
        cluster_arn: The cluster.
        repository: Holds the image.
        image_tag: Which image.
        variables: The function's environment.
        role: Its role; the rights must exist before the mapping.
        vpc: Network in which it runs.
        subnets: Its subnets.
        security_group: What it may reach.
        dead_letters: Keeps asynchronous calls that failed; the mapping makes none.
        memory_mib: Memory; processors come with it.
        timeout_seconds: Most seconds of one batch, merge included.
        concurrency: Most calls at a time: a partition has one.
        batch_records: Most records of a batch.
        window_seconds: Seconds for which a batch is gathered.
        pollers: Least and most pollers; one reads up to 5 MB a second.
        log_key: Encrypts its logs.
        log_retention_days: Days for which logs are kept.
        removal_policy: Whether the log group outlives its stack.

    Attributes:
        function: The function.
        mapping: The event source mapping.
        log_group: Its log.
    """

    function: lambda_.IFunction
    mapping: lambda_.CfnEventSourceMapping
    log_group: logs.CfnLogGroup

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        topic: str,
        group: str,
        cluster_arn: str,
        repository: ecr.IRepository,
        image_tag: str,
        variables: Mapping[str, str],
        role: iam.Role,
        vpc: ec2.IVpc,
        subnets: Sequence[ec2.ISubnet],
        security_group: ec2.ISecurityGroup,
        dead_letters: sqs.IQueue,
        memory_mib: int,
        timeout_seconds: int,
        concurrency: int,
        batch_records: int,
        window_seconds: int,
        pollers: tuple[int, int],
        log_key: kms.IKey,
        log_retention_days: int,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        self.function, self.log_group = network_function(
            self,
            name=name,
            description=f"Loads {topic} into the lake",
            code=lambda_.Code.from_ecr_image(repository, tag_or_digest=image_tag, cmd=[HANDLER]),
            variables={**variables, "CLUSTER_ARN": cluster_arn, "POWERTOOLS_SERVICE_NAME": name},
            role=role,
            vpc=vpc,
            subnets=subnets,
            security_group=security_group,
            dead_letters=dead_letters,
            memory_mib=memory_mib,
            timeout_seconds=timeout_seconds,
            concurrency=concurrency,
            log_key=log_key,
            log_retention_days=log_retention_days,
            removal_policy=removal_policy,
        )
        least, most = pollers
        self.mapping = lambda_.CfnEventSourceMapping(
            self,
            "Mapping",
            function_name=self.function.function_name,
            event_source_arn=cluster_arn,
            topics=[topic],
            # From the topic's beginning: what was written before the loader is loaded too.
            starting_position="TRIM_HORIZON",
            amazon_managed_kafka_event_source_config={"consumerGroupId": group},
            batch_size=batch_records,
            maximum_batching_window_in_seconds=window_seconds,
            provisioned_poller_config={"minimumPollers": least, "maximumPollers": most},
        )

"""Functions as every room makes them: in the network, traced, limited in number, logged under a key, no call lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs

from data_platform.log_group import encrypted_log_group

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct


def network_function(
    scope: Construct,
    *,
    name: str,
    description: str,
    code: lambda_.Code,
    handler: str = lambda_.Handler.FROM_IMAGE,
    runtime: lambda_.Runtime = lambda_.Runtime.FROM_IMAGE,
    variables: Mapping[str, str] | None = None,
    role: iam.Role,
    vpc: ec2.IVpc,
    subnets: Sequence[ec2.ISubnet],
    security_group: ec2.ISecurityGroup,
    dead_letters: sqs.IQueue,
    memory_mib: int,
    timeout_seconds: int,
    concurrency: int,
    log_key: kms.IKey,
    log_retention_days: int,
    removal_policy: cdk.RemovalPolicy,
) -> tuple[lambda_.Function, logs.CfnLogGroup]:
    """A function and its log group, `/<name>`, as `Resource` and `LogGroup` of a construct.

    Args:
        scope: The construct that owns both.
        name: Public name of the function.
        description: What it does.
        code: Its files, or its image.
        handler: What is called; an image says it itself.
        runtime: What runs the files; an image brings its own.
        variables: Its environment.
        role: Its role; the rights must exist before the function, which the caller says.
        vpc: Network in which it runs.
        subnets: Its subnets.
        security_group: What it may reach.
        dead_letters: Keeps asynchronous calls that failed.
        memory_mib: Memory; processors come with it.
        timeout_seconds: Longest time of one call.
        concurrency: Most calls at a time, taken from the account's pool for it alone.
        log_key: Encrypts its logs.
        log_retention_days: Days for which logs are kept.
        removal_policy: Whether the log group outlives its stack.

    Example:
        >>> from aws_cdk import aws_iam as iam, aws_kms as kms, aws_sqs as sqs
        >>> from data_platform.functions import source
        >>> stack = cdk.Stack()
        >>> vpc = ec2.Vpc(stack, "Vpc")
        >>> function, group = network_function(
        ...     stack, name="dp-dev-retail-drift", description="Compares deliveries", code=source("schema_drift"),
        ...     handler="schema_drift.handler.handle", runtime=lambda_.Runtime.PYTHON_3_14,
        ...     role=iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")), vpc=vpc,
        ...     subnets=vpc.private_subnets, security_group=ec2.SecurityGroup(stack, "Reach", vpc=vpc),
        ...     dead_letters=sqs.Queue(stack, "Queue"), memory_mib=256, timeout_seconds=60, concurrency=2,
        ...     log_key=kms.Key(stack, "Key"), log_retention_days=30, removal_policy=cdk.RemovalPolicy.DESTROY)
        >>> function.node.path, group.log_group_name
        ('Default/Resource', '/dp-dev-retail-drift')
    """
    group = encrypted_log_group(
        scope,
        "LogGroup",
        name=f"/{name}",
        key=log_key,
        retention_days=log_retention_days,
        removal_policy=removal_policy,
    )
    function = lambda_.Function(
        scope,
        "Resource",
        function_name=name,
        description=description,
        code=code,
        handler=handler,
        runtime=runtime,
        architecture=lambda_.Architecture.ARM_64,
        memory_size=memory_mib,
        timeout=cdk.Duration.seconds(timeout_seconds),
        reserved_concurrent_executions=concurrency,
        # CDK would write rights into an inline policy of the role, which four packs refuse.
        role=role.without_policy_updates(),
        vpc=vpc,
        vpc_subnets=ec2.SubnetSelection(subnets=list(subnets)),
        security_groups=[security_group],
        dead_letter_queue=dead_letters,
        tracing=lambda_.Tracing.ACTIVE,
        logging_format=lambda_.LoggingFormat.JSON,
        log_group=logs.LogGroup.from_log_group_name(scope, "Logs", group.ref),
        environment=dict(variables) if variables else None,
    )
    return function, group

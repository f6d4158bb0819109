"""A function that judges: small, inside the network, traced, limited in number, its letters never lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from data_platform.functions import source
from data_platform.network_function import network_function

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aws_cdk as cdk
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_logs as logs
    from aws_cdk import aws_sqs as sqs

MEMORY_MIB = 256
TIMEOUT_SECONDS = 60


class JudgeFunction(Construct):
    """One function of lambda/, with its log group.

    Args:
        scope: The construct that owns the function.
        construct_id: Name within its scope.
        name: Public name of the function.
        folder: Folder in lambda/; the handler is `<folder>.handler.handle`.
        description: What it does.
        role: Its role; the rights must exist before the function.
        vpc: Network in which it runs.
        subnets: Its subnets.
        security_group: What it may reach.
        dead_letters: Keeps asynchronous calls that failed.
        log_key: Encrypts its logs.
        log_retention_days: Days for which logs are kept.
        concurrency: Most calls at a time, taken from the account's pool for it alone.
        removal_policy: Whether the log group outlives its stack.
    """

    function: lambda_.IFunction
    log_group: logs.CfnLogGroup

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        folder: str,
        description: str,
        role: iam.Role,
        vpc: ec2.IVpc,
        subnets: Sequence[ec2.ISubnet],
        security_group: ec2.ISecurityGroup,
        dead_letters: sqs.IQueue,
        log_key: kms.IKey,
        log_retention_days: int,
        concurrency: int,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        self.function, self.log_group = network_function(
            self,
            name=name,
            description=description,
            code=source(folder),
            handler=f"{folder}.handler.handle",
            runtime=lambda_.Runtime.PYTHON_3_14,
            role=role,
            vpc=vpc,
            subnets=subnets,
            security_group=security_group,
            dead_letters=dead_letters,
            memory_mib=MEMORY_MIB,
            timeout_seconds=TIMEOUT_SECONDS,
            concurrency=concurrency,
            log_key=log_key,
            log_retention_days=log_retention_days,
            removal_policy=removal_policy,
        )

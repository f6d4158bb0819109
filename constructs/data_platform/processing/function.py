"""A function that judges: small, inside the network, traced, limited in number, its letters never lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from data_platform.functions import source
from data_platform.log_group import encrypted_log_group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
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
        self.log_group = encrypted_log_group(
            self,
            "LogGroup",
            name=f"/{name}",
            key=log_key,
            retention_days=log_retention_days,
            removal_policy=removal_policy,
        )
        self.function = lambda_.Function(
            self,
            "Resource",
            function_name=name,
            description=description,
            code=source(folder),
            handler=f"{folder}.handler.handle",
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            memory_size=MEMORY_MIB,
            timeout=cdk.Duration.seconds(TIMEOUT_SECONDS),
            reserved_concurrent_executions=concurrency,
            # CDK would write rights into an inline policy of the role, which four packs refuse.
            role=role.without_policy_updates(),
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnets=list(subnets)),
            security_groups=[security_group],
            dead_letter_queue=dead_letters,
            tracing=lambda_.Tracing.ACTIVE,
            logging_format=lambda_.LoggingFormat.JSON,
            log_group=logs.LogGroup.from_log_group_name(self, "Logs", self.log_group.ref),
        )

"""A state machine of elevation, logged and traced. Its log holds no data of executions: there are tokens in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from data_platform.log_group import encrypted_log_group

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms


class AccessMachine(Construct):
    """One state machine with its log group.

    Args:
        scope: The construct that owns the machine.
        construct_id: Name within its scope.
        name: Public name.
        definition: What it does, in the Amazon States Language.
        role: With which it acts; its rights must exist before the machine.
        log_key: Encrypts the logs of executions.
        log_retention_days: Days for which they are kept.
        removal_policy: Whether the log group outlives its stack.
    """

    resource: sfn.CfnStateMachine

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        definition: Mapping[str, Any],
        role: iam.IRole,
        log_key: kms.IKey,
        log_retention_days: int,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        group = encrypted_log_group(
            self,
            "LogGroup",
            name=f"/aws/vendedlogs/states/{name}",
            key=log_key,
            retention_days=log_retention_days,
            removal_policy=removal_policy,
        )
        Machine = sfn.CfnStateMachine  # noqa: N806 - a class by a shorter name
        self.resource = Machine(
            self,
            "Resource",
            state_machine_name=name,
            role_arn=role.role_arn,
            definition_string=cdk.Stack.of(self).to_json_string(dict(definition)),
            tracing_configuration=Machine.TracingConfigurationProperty(enabled=True),
            logging_configuration=Machine.LoggingConfigurationProperty(
                level="ALL",
                include_execution_data=False,
                destinations=[
                    Machine.LogDestinationProperty(
                        cloud_watch_logs_log_group=Machine.CloudWatchLogsLogGroupProperty(
                            log_group_arn=group.attr_arn
                        )
                    )
                ],
            ),
        )

"""A state machine of elevation, logged and traced. Its log holds no data of executions: there are tokens in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from constructs import Construct

from data_platform.logged_machine import logged_machine

if TYPE_CHECKING:
    from collections.abc import Mapping

    import aws_cdk as cdk
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_stepfunctions as sfn


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
        self.resource = logged_machine(
            self,
            name=name,
            definition=definition,
            role=role,
            log_key=log_key,
            log_retention_days=log_retention_days,
            removal_policy=removal_policy,
            log_data=False,
        )

"""State machines as every room makes them: traced, and logged to an encrypted log group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import aws_cdk as cdk
from aws_cdk import aws_stepfunctions as sfn

from data_platform.log_group import encrypted_log_group

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from constructs import Construct


def logged_machine(
    scope: Construct,
    *,
    name: str,
    definition: Mapping[str, Any],
    role: iam.IRole,
    log_key: kms.IKey,
    log_retention_days: int,
    removal_policy: cdk.RemovalPolicy,
    log_data: bool,
    kind: Literal["STANDARD", "EXPRESS"] = "STANDARD",
) -> sfn.CfnStateMachine:
    """A state machine and its log group, as `Resource` and `LogGroup` of a construct.

    The log group lies under /aws/vendedlogs/, so that the one resource policy of CloudWatch Logs does not grow with
    each machine.

    Args:
        scope: The construct that owns both.
        name: Public name of the machine.
        definition: What it does, in the Amazon States Language.
        role: With which it acts; its rights must exist before the machine, which the caller says.
        log_key: Encrypts the logs of executions; its policy must let CloudWatch Logs use it.
        log_retention_days: Days for which they are kept, one of the periods that CloudWatch Logs offers.
        removal_policy: Whether the log group outlives its stack.
        log_data: Whether input and output of states are logged, too: not where they hold tokens or people's data.
        kind: EXPRESS for short ones that run often and may run twice.

    Example:
        >>> from aws_cdk import aws_iam as iam
        >>> from aws_cdk import aws_kms as kms
        >>> stack = cdk.Stack()
        >>> role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        >>> machine = logged_machine(stack, name="dp-dev-sweep", role=role, log_key=kms.Key(stack, "Key"),
        ...     definition={"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}, log_data=False,
        ...     log_retention_days=30, removal_policy=cdk.RemovalPolicy.DESTROY)
        >>> machine.state_machine_name
        'dp-dev-sweep'
    """
    group = encrypted_log_group(
        scope,
        "LogGroup",
        name=f"/aws/vendedlogs/states/{name}",
        key=log_key,
        retention_days=log_retention_days,
        removal_policy=removal_policy,
    )
    Machine = sfn.CfnStateMachine  # noqa: N806 - a class by a shorter name
    destination = Machine.LogDestinationProperty(
        cloud_watch_logs_log_group=Machine.CloudWatchLogsLogGroupProperty(log_group_arn=group.attr_arn)
    )
    return Machine(
        scope,
        "Resource",
        state_machine_name=name,
        state_machine_type=None if kind == "STANDARD" else kind,
        role_arn=role.role_arn,
        definition_string=cdk.Stack.of(scope).to_json_string(dict(definition)),
        tracing_configuration=Machine.TracingConfigurationProperty(enabled=True),
        logging_configuration=Machine.LoggingConfigurationProperty(
            level="ALL", include_execution_data=log_data, destinations=[destination]
        ),
    )

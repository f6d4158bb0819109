"""Log groups as every room makes them: under a customer key, with an end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_logs as logs

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_kms as kms
    from constructs import Construct


def encrypted_log_group(
    scope: Construct,
    construct_id: str,
    *,
    name: str,
    key: kms.IKey,
    retention_days: int,
    removal_policy: cdk.RemovalPolicy,
) -> logs.CfnLogGroup:
    """A log group whose lines are encrypted and go after a time.

    Args:
        scope: The construct that owns the log group.
        construct_id: Name within its scope.
        name: Public name of the log group.
        key: Encrypts the lines; its policy must let CloudWatch Logs use it.
        retention_days: Days for which lines are kept, one of the periods that CloudWatch Logs offers.
        removal_policy: Whether the log group outlives its stack.

    Example:
        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_kms as kms
        >>> stack = cdk.Stack()
        >>> group = encrypted_log_group(stack, "Log", name="/dp-dev/flow-log", key=kms.Key(stack, "Key"),
        ...                             retention_days=30, removal_policy=cdk.RemovalPolicy.DESTROY)
        >>> group.retention_in_days
        30
    """
    group = logs.CfnLogGroup(
        scope,
        construct_id,
        log_group_name=name,
        kms_key_id=key.key_arn,
        retention_in_days=retention_days,
    )
    group.apply_removal_policy(removal_policy)
    return group

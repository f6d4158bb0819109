"""The log groups of a database, made before it: RDS would make them without a key and without an end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs import Construct

from data_platform.foundation.database_engines import TRAITS, Engine
from data_platform.log_group import encrypted_log_group

if TYPE_CHECKING:
    from collections.abc import Mapping

    import aws_cdk as cdk
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_logs as logs


class DatabaseLogs(Construct):
    """One encrypted log group a log that the engine exports, under the name that RDS gives it.

    Args:
        scope: The construct that owns the log groups.
        construct_id: Name within its scope.
        identifier: The instance.
        engine: Its engine.
        key: Encrypts the lines; its policy must let CloudWatch Logs use it.
        retention_days: Days for which lines are kept.
        removal_policy: Whether the log groups outlive their stack.

    Attributes:
        groups: Log group by log, such as `postgresql`.

    Example:
        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_kms as kms
        >>> stack = cdk.Stack()
        >>> made = DatabaseLogs(stack, "Logs", identifier="dp-dev-retail-shop", engine="postgres",
        ...                     key=kms.Key(stack, "Key"), retention_days=30,
        ...                     removal_policy=cdk.RemovalPolicy.DESTROY)
        >>> made.groups["postgresql"].log_group_name
        '/aws/rds/instance/dp-dev-retail-shop/postgresql'
    """

    groups: Mapping[str, logs.CfnLogGroup]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        identifier: str,
        engine: Engine,
        key: kms.IKey,
        retention_days: int,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        self.groups = {
            log: encrypted_log_group(
                self,
                log.title(),
                name=f"/aws/rds/instance/{identifier}/{log}",
                key=key,
                retention_days=retention_days,
                removal_policy=removal_policy,
            )
            for log in TRAITS[engine].logs
        }

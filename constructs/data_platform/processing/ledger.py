"""The run ledger: who runs which day of which dataset, and what was published last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms


class RunLedger(Construct):
    """One item per dataset and ingest_date, on demand, restorable to any second of the last 35 days.

    Older days are in AWS Backup (`data_platform.recovery`).

    Args:
        scope: The construct that owns the ledger.
        construct_id: Name within its scope.
        name: Public name of the table.
        key: Encrypts the items.
        removal_policy: Whether the ledger outlives its stack; one that does refuses to be deleted, too.

    Example:
        >>> from aws_cdk import aws_kms as kms
        >>> stack = cdk.Stack()
        >>> ledger = RunLedger(stack, "Ledger", name="dp-dev-aviation-run-ledger", key=kms.Key(stack, "Key"),
        ...                    removal_policy=cdk.RemovalPolicy.RETAIN)
        >>> ledger.table.node.path
        'Default/Ledger/Table'
    """

    table: dynamodb.ITable

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        key: kms.IKey,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        self.table = dynamodb.Table(
            self,
            "Table",
            table_name=name,
            partition_key=dynamodb.Attribute(name="dataset", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="ingest_date", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=removal_policy != cdk.RemovalPolicy.DESTROY,
            removal_policy=removal_policy,
        )

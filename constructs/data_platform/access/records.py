"""Who asked for what and why, who approved, when it was given and when it was taken away: kept for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms

OPEN_INDEX = "open-by-end"


class AccessRecords(Construct):
    """The table of requests, decisions and records. Nothing in it expires: it is evidence.

    Args:
        scope: The construct that owns the table.
        construct_id: Name within its scope.
        name: Public name of the table.
        key: Encrypts the items.
        removal_policy: Whether the table outlives its stack; one that does refuses to be deleted, too.

    Attributes:
        table: Items by person and item.

    Example:
        >>> from aws_cdk import aws_kms as kms
        >>> stack = cdk.Stack()
        >>> records = AccessRecords(stack, "Records", name="dp-dev-aviation-access", key=kms.Key(stack, "Key"),
        ...                         removal_policy=cdk.RemovalPolicy.RETAIN)
        >>> records.table.node.path
        'Default/Records/Table'
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
        text = dynamodb.AttributeType.STRING
        table = dynamodb.Table(
            self,
            "Table",
            table_name=name,
            partition_key=dynamodb.Attribute(name="person", type=text),
            sort_key=dynamodb.Attribute(name="item", type=text),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=removal_policy != cdk.RemovalPolicy.DESTROY,
            removal_policy=removal_policy,
        )
        # Only items that still hold access carry `open`: however long the history, a sweep reads a handful.
        table.add_global_secondary_index(
            index_name=OPEN_INDEX,
            partition_key=dynamodb.Attribute(name="open", type=text),
            sort_key=dynamodb.Attribute(name="ends_at", type=text),
        )
        self.table = table

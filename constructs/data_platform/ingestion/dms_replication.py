"""A managed copy of a database's tables to raw: DMS Serverless, which costs nothing while it copies nothing.

CloudFormation makes it and never starts it: the state machine does.
Source: https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Serverless.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from aws_cdk import aws_dms as dms
from constructs import Construct

from data_platform.ingestion.dms_endpoints import source_endpoint, target_endpoint
from data_platform.ingestion.dms_mappings import replication_settings, table_mappings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms as kms

    from data_platform.ingestion.dms_login import ReplicationLogin
    from data_platform.ingestion.dms_mappings import ReplicatedTable

MOST_UNITS = 4


class DmsReplication(Construct):
    """Both endpoints, where DMS stands in the network, and what it copies.

    Args:
        scope: The construct that owns them.
        construct_id: Name within its scope.
        name: Public name of all its parts.
        engine: "postgres" or "mysql".
        database: Name of the database in the instance.
        login: As whom it logs in.
        certificate_arn: A DMS certificate that holds the CA of RDS; with it the server's name is verified too. MySQL
            cannot do without, since DMS knows no encrypted connection to MySQL that verifies nothing.
        tables: What is copied.
        replication_type: full-load copies what there is; full-load-and-cdc goes on with what changes, until it is
            stopped.
        bucket: Name of the bucket of raw.
        folder: Where files go in the bucket, without a slash at the end.
        account: The account that owns the bucket.
        target_role_arn: With which role DMS writes there.
        subnet_ids: Where it stands; two zones at least.
        security_group_ids: Its security groups; the database admits them.
        key: Encrypts files, logs and what DMS keeps of endpoints.

    Raises:
        ValueError: for MySQL without a certificate.

    Attributes:
        config: The replication's configuration; `ref` is its ARN.

    Example:
        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_kms as kms
        >>> from data_platform.ingestion import ReplicatedTable, ReplicationLogin
        >>> stack = cdk.Stack()
        >>> key = kms.Key(stack, "Key")
        >>> login = ReplicationLogin(
        ...     stack, "Login", name="dp-dev-retail-dms-shop", host="shop.example", port="5432",
        ...     account="111111111111", region="ap-southeast-2", key=key, removal_policy=cdk.RemovalPolicy.DESTROY,
        ... )
        >>> replication = DmsReplication(
        ...     stack, "Replicate", name="dp-dev-retail-dms-shop", engine="postgres", database="shop", login=login,
        ...     tables=[ReplicatedTable(schema="public", name="orders", columns=["order_id"])], bucket="raw",
        ...     folder="_dms/source=shop", account="111111111111", target_role_arn="arn:aws:iam::111111111111:role/dms",
        ...     subnet_ids=["subnet-1", "subnet-2"], security_group_ids=["sg-1"], key=key,
        ... )
        >>> replication.config.replication_type
        'full-load'
    """

    config: dms.CfnReplicationConfig

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        engine: Literal["postgres", "mysql"],
        database: str,
        login: ReplicationLogin,
        tables: Sequence[ReplicatedTable],
        bucket: str,
        folder: str,
        account: str,
        target_role_arn: str,
        subnet_ids: Sequence[str],
        security_group_ids: Sequence[str],
        key: kms.IKey,
        certificate_arn: str | None = None,
        replication_type: Literal["full-load", "full-load-and-cdc"] = "full-load",
    ) -> None:
        super().__init__(scope, construct_id)
        changes = replication_type == "full-load-and-cdc"
        source = source_endpoint(
            self,
            name=name,
            engine=engine,
            database=database,
            login=login,
            key=key,
            certificate_arn=certificate_arn,
        )
        target = target_endpoint(
            self,
            name=name,
            bucket=bucket,
            folder=folder,
            account=account,
            role_arn=target_role_arn,
            key=key,
            changes=changes,
        )
        subnets = dms.CfnReplicationSubnetGroup(
            self,
            "Subnets",
            replication_subnet_group_identifier=name,
            replication_subnet_group_description=f"Where {name} stands: private subnets",
            subnet_ids=list(subnet_ids),
        )
        self.config = dms.CfnReplicationConfig(
            self,
            "Config",
            replication_config_identifier=name,
            replication_type=replication_type,
            source_endpoint_arn=source.ref,
            target_endpoint_arn=target.ref,
            table_mappings=table_mappings(tables, changes=changes),
            replication_settings=replication_settings(),
            compute_config=dms.CfnReplicationConfig.ComputeConfigProperty(
                max_capacity_units=MOST_UNITS,
                kms_key_id=key.key_arn,
                multi_az=False,
                replication_subnet_group_id=subnets.ref,
                vpc_security_group_ids=list(security_group_ids),
            ),
        )

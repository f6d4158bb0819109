"""A Kafka cluster of a domain: MSK in private subnets, IAM over TLS or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_msk as msk
from constructs import Construct

from data_platform.log_group import encrypted_log_group
from data_platform.streaming.brokers import TRAITS
from data_platform.streaming.configuration import BrokerConfiguration
from data_platform.streaming.entrance import ClusterEntrance
from data_platform.streaming.storage_scaling import StorageScaling

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms

    from data_platform.streaming.brokers import Broker


class UnspreadableClusterError(ValueError):
    """The brokers cannot stand in the subnets that the network has."""


class MskCluster(Construct):
    """A cluster of Express or Standard brokers, or a Serverless one.

    Clients log in by IAM, over TLS, from security groups that are named; there is no other way in. Serverless has
    neither a key of ours nor a configuration, broker logs or topics as code: MSK keeps those.

    Args:
        scope: The construct that owns the cluster.
        construct_id: Name within its scope.
        name: Public name.
        broker: "express", "standard" or "serverless".
        kafka_version: Version of Kafka, as MSK names it; nothing for Serverless, as the sizes that follow.
        instance_type: Size of a broker.
        brokers: Number of brokers, the same in each zone.
        storage_gib: Storage of a broker at first, Standard only.
        most_storage_gib: Most storage that a Standard broker may grow to by itself.
        vpc: Its network.
        subnets: Private subnets, one a zone.
        admitted: Who reaches its port: security groups by what they are, such as `tasks`.
        endpoints: The group of the network's interface endpoints, which Lambda's pollers reach.
        key: Encrypts what brokers keep.
        log_key: Encrypts the broker logs.
        log_retention_days: Days for which they are kept.
        removal_policy: Whether the cluster outlives its stack.

    Attributes:
        arn: The cluster's ARN, as a reference.
        name: Its public name, a dimension of every figure that MSK reports.
        security_group: Its group.

    Raises:
        UnspreadableClusterError: when the brokers cannot stand in these subnets.

    Example:
        >>> from aws_cdk import aws_ec2 as ec2
        >>> from aws_cdk import aws_kms as kms
        >>> stack = cdk.Stack()
        >>> key = kms.Key(stack, "Key")
        >>> vpc = ec2.Vpc.from_vpc_attributes(
        ...     stack, "Vpc", vpc_id="vpc-0a1b2c3d", vpc_cidr_block="10.0.0.0/16", availability_zones=["a", "b", "c"],
        ...     isolated_subnet_ids=["subnet-0a1b2c3d", "subnet-1a1b2c3d", "subnet-2a1b2c3d"])
        >>> made = MskCluster(
        ...     stack, "Cluster", name="dp-dev-retail-stream", broker="express", kafka_version="3.9.x",
        ...     instance_type="express.m7g.large", brokers=3, vpc=vpc, subnets=vpc.isolated_subnets, admitted={},
        ...     key=key, log_key=key, log_retention_days=30, removal_policy=cdk.RemovalPolicy.RETAIN)
        >>> made.name, made.security_group.node.path
        ('dp-dev-retail-stream', 'Default/Cluster/Entrance/SecurityGroup')
    """

    arn: str
    name: str
    security_group: ec2.ISecurityGroup

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        broker: Broker,
        vpc: ec2.IVpc,
        subnets: Sequence[ec2.ISubnet],
        admitted: Mapping[str, ec2.ISecurityGroup],
        key: kms.IKey,
        log_key: kms.IKey,
        log_retention_days: int,
        removal_policy: cdk.RemovalPolicy,
        kafka_version: str | None = None,
        instance_type: str | None = None,
        brokers: int | None = None,
        storage_gib: int | None = None,
        most_storage_gib: int | None = None,
        endpoints: ec2.ISecurityGroup | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        _require_spread(broker, zones=len(subnets), brokers=brokers)
        self.name, self._broker = name, broker
        self._subnet_ids = [subnet.subnet_id for subnet in subnets]
        self.security_group = ClusterEntrance(
            self, "Entrance", vpc=vpc, cluster=name, admitted=admitted, endpoints=endpoints
        ).security_group
        if not TRAITS[broker].own:
            serverless = self._serverless()
            serverless.apply_removal_policy(removal_policy, apply_to_update_replace_policy=True)
            self.arn = serverless.attr_arn
            return
        log = encrypted_log_group(
            self,
            "Log",
            name=f"/aws/vendedlogs/msk/{name}",
            key=log_key,
            retention_days=log_retention_days,
            removal_policy=removal_policy,
        )
        cluster = msk.CfnCluster(
            self,
            "Resource",
            cluster_name=name,
            kafka_version=str(kafka_version),
            number_of_broker_nodes=brokers or 0,
            broker_node_group_info=self._nodes(str(instance_type), storage_gib),
            configuration_info=self._configuration(),
            client_authentication=msk.CfnCluster.ClientAuthenticationProperty(
                sasl=msk.CfnCluster.SaslProperty(
                    iam=msk.CfnCluster.IamProperty(enabled=True),
                    scram=msk.CfnCluster.ScramProperty(enabled=False),
                ),
                tls=msk.CfnCluster.TlsProperty(enabled=False),
                unauthenticated=msk.CfnCluster.UnauthenticatedProperty(enabled=False),
            ),
            encryption_info=msk.CfnCluster.EncryptionInfoProperty(
                encryption_at_rest=msk.CfnCluster.EncryptionAtRestProperty(
                    data_volume_kms_key_id=key.key_arn
                ),
                encryption_in_transit=msk.CfnCluster.EncryptionInTransitProperty(
                    client_broker="TLS", in_cluster=True
                ),
            ),
            # Times for which clients are throttled are told from this level on.
            enhanced_monitoring="PER_BROKER",
            logging_info=msk.CfnCluster.LoggingInfoProperty(
                broker_logs=msk.CfnCluster.BrokerLogsProperty(
                    cloud_watch_logs=msk.CfnCluster.CloudWatchLogsProperty(enabled=True, log_group=log.ref)
                )
            ),
        )
        cluster.apply_removal_policy(removal_policy, apply_to_update_replace_policy=True)
        self.arn = cluster.attr_arn
        if storage_gib and most_storage_gib and most_storage_gib > storage_gib:
            StorageScaling(
                self,
                "StorageScaling",
                name=name,
                cluster_arn=self.arn,
                least_gib=storage_gib,
                most_gib=most_storage_gib,
            )

    def _serverless(self) -> msk.CfnServerlessCluster:
        return msk.CfnServerlessCluster(
            self,
            "Resource",
            cluster_name=self.name,
            client_authentication=msk.CfnServerlessCluster.ClientAuthenticationProperty(
                sasl=msk.CfnServerlessCluster.SaslProperty(
                    iam=msk.CfnServerlessCluster.IamProperty(enabled=True)
                )
            ),
            vpc_configs=[
                msk.CfnServerlessCluster.VpcConfigProperty(
                    subnet_ids=self._subnet_ids, security_groups=[self.security_group.security_group_id]
                )
            ],
        )

    def _nodes(
        self, instance_type: str, storage_gib: int | None
    ) -> msk.CfnCluster.BrokerNodeGroupInfoProperty:
        volume = (
            None
            if storage_gib is None
            else msk.CfnCluster.StorageInfoProperty(
                ebs_storage_info=msk.CfnCluster.EBSStorageInfoProperty(volume_size=storage_gib)
            )
        )
        return msk.CfnCluster.BrokerNodeGroupInfoProperty(
            instance_type=instance_type,
            client_subnets=self._subnet_ids,
            security_groups=[self.security_group.security_group_id],
            storage_info=volume,
            connectivity_info=msk.CfnCluster.ConnectivityInfoProperty(
                public_access=msk.CfnCluster.PublicAccessProperty(type="DISABLED")
            ),
        )

    def _configuration(self) -> msk.CfnCluster.ConfigurationInfoProperty:
        made = BrokerConfiguration(self, "Configuration", name=self.name, broker=self._broker).resource
        return msk.CfnCluster.ConfigurationInfoProperty(
            arn=made.attr_arn, revision=made.attr_latest_revision_revision
        )


def _require_spread(broker: Broker, *, zones: int, brokers: int | None) -> None:
    allowed = TRAITS[broker].zones
    if zones not in allowed:
        raise UnspreadableClusterError(
            f"streaming/cluster.py: {broker} brokers cannot stand in {zones} zones. Allowed: "
            f"{', '.join(map(str, allowed))}. Mend: in environments/*.py let network.zones (or subnet_ids) be one of "
            'these, or choose another streaming.broker; "standard" takes two zones.'
        )
    if TRAITS[broker].own and (not brokers or brokers % zones):
        raise UnspreadableClusterError(
            f"streaming/cluster.py: {brokers} brokers cannot stand evenly in {zones} zones. Allowed: a multiple of "
            f"{zones}. Mend: in environments/*.py let streaming.brokers be {2 * zones}, or as many as you need."
        )

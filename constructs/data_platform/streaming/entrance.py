"""Who reaches a cluster over the network: the groups that are named, and Lambda's pollers, which stand in its own.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-msk-cluster-network.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from data_platform.streaming.brokers import IAM_PORT

if TYPE_CHECKING:
    from collections.abc import Mapping

HTTPS_PORT = 443


class ClusterEntrance(Construct):
    """The security group of a cluster, and with each group that it admits the rule that lets that group out to it.

    An event source mapping reads from interfaces in the cluster's own subnets and group: the group therefore reaches
    itself at that port, and the endpoints of Lambda and STS by HTTPS. Both ends of a rule stand here, so that an
    entrance is opened and closed in one place; the other groups are of other stacks.

    Args:
        scope: The cluster.
        construct_id: Name within its scope.
        vpc: Network of the cluster.
        cluster: Names the cluster in descriptions.
        admitted: Security groups by what they are, such as `tasks`.
        endpoints: The group of the network's interface endpoints; None where another team owns them.

    Example:
        >>> import aws_cdk as cdk
        >>> stack = cdk.Stack()
        >>> vpc = ec2.Vpc.from_vpc_attributes(stack, "Vpc", vpc_id="vpc-0a1b2c3d", vpc_cidr_block="10.0.0.0/16",
        ...                                   availability_zones=["a"])
        >>> tasks = ec2.SecurityGroup.from_security_group_id(stack, "Tasks", "sg-0a1b2c3d")
        >>> entrance = ClusterEntrance(stack, "Entrance", vpc=vpc, cluster="dp-dev-retail-stream",
        ...                            admitted={"tasks": tasks})
        >>> entrance.security_group.node.path
        'Default/Entrance/SecurityGroup'
    """

    security_group: ec2.ISecurityGroup

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        cluster: str,
        admitted: Mapping[str, ec2.ISecurityGroup],
        endpoints: ec2.ISecurityGroup | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            description=f"Kafka {cluster}: IAM logins from named groups and itself, HTTPS to endpoints",
            allow_all_outbound=False,
        )
        for name, group in admitted.items():
            ec2.CfnSecurityGroupIngress(
                self,
                f"From{name.title()}",
                group_id=self.security_group.security_group_id,
                source_security_group_id=group.security_group_id,
                ip_protocol="tcp",
                from_port=IAM_PORT,
                to_port=IAM_PORT,
                description=f"{cluster} from {name}",
            )
            ec2.CfnSecurityGroupEgress(
                self,
                f"{name.title()}Out",
                group_id=group.security_group_id,
                destination_security_group_id=self.security_group.security_group_id,
                ip_protocol="tcp",
                from_port=IAM_PORT,
                to_port=IAM_PORT,
                description=f"{name} to {cluster}",
            )
        self._let_pollers(cluster, vpc, endpoints)

    def _let_pollers(self, cluster: str, vpc: ec2.IVpc, endpoints: ec2.ISecurityGroup | None) -> None:
        own = self.security_group.security_group_id
        brokers: dict[str, Any] = {"ip_protocol": "tcp", "from_port": IAM_PORT, "to_port": IAM_PORT}
        https: dict[str, Any] = {"ip_protocol": "tcp", "from_port": HTTPS_PORT, "to_port": HTTPS_PORT}
        ec2.CfnSecurityGroupIngress(
            self,
            "FromPollers",
            group_id=own,
            source_security_group_id=own,
            description=f"{cluster} from pollers of Lambda",
            **brokers,
        )
        ec2.CfnSecurityGroupEgress(
            self,
            "PollersOut",
            group_id=own,
            destination_security_group_id=own,
            description=f"Pollers of Lambda to {cluster}",
            **brokers,
        )
        if endpoints is None:
            ec2.CfnSecurityGroupEgress(
                self,
                "PollersToEndpoints",
                group_id=own,
                cidr_ip=vpc.vpc_cidr_block,
                description="Pollers of Lambda to endpoints of the network",
                **https,
            )
            return
        ec2.CfnSecurityGroupEgress(
            self,
            "PollersToEndpoints",
            group_id=own,
            destination_security_group_id=endpoints.security_group_id,
            description="Pollers of Lambda to endpoints",
            **https,
        )
        ec2.CfnSecurityGroupIngress(
            self,
            "EndpointsFromPollers",
            group_id=endpoints.security_group_id,
            source_security_group_id=own,
            description=f"HTTPS from the pollers of {cluster}",
            **https,
        )

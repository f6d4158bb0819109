"""Who reaches a cluster over the network: the groups that are named, at the port of IAM logins, and nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from data_platform.streaming.brokers import IAM_PORT

if TYPE_CHECKING:
    from collections.abc import Mapping


class ClusterEntrance(Construct):
    """The security group of a cluster, and with each group that it admits the rule that lets that group out to it.

    Both rules stand here, so that an entrance is opened and closed in one place; the groups are of other stacks.

    Args:
        scope: The cluster.
        construct_id: Name within its scope.
        vpc: Network of the cluster.
        cluster: Names the cluster in descriptions.
        admitted: Security groups by what they are, such as `tasks`.

    Example:
        >>> import aws_cdk as cdk
        >>> stack = cdk.Stack()
        >>> vpc = ec2.Vpc.from_vpc_attributes(stack, "Vpc", vpc_id="vpc-0a1b2c3d", availability_zones=["a"])
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
    ) -> None:
        super().__init__(scope, construct_id)
        self.security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=vpc,
            description=f"Kafka {cluster}: IAM logins from named groups, no way out",
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

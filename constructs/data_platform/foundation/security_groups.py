"""Who may speak to whom inside a network: groups that name each other, never ranges of addresses.

Databases and the hosts in front of them stand in stacks of their own; they add the rule of their port there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Sequence

HTTPS, SSH = 443, 22
# The gateway to S3 has public addresses; its prefix list is the only way to name them. AWS gives each region one.
S3_PREFIX_LISTS = {"ap-southeast-2": "pl-6ca54005"}


class UnknownPrefixListError(ValueError):
    """The prefix list of S3 in a region is not known here, and nothing is looked up at synth."""


class NetworkGroups(Construct):
    """The security groups of what runs in a network.

    Args:
        scope: The network.
        construct_id: Name within its scope.
        vpc: The VPC.
        endpoints: The group of the interface endpoints, which then admits these groups and nobody else; None where
            another team owns them, whose rules decide.
        entrance_cidrs: Ranges from which SSH may come to the bastion; none where it comes over Session Manager.

    Attributes:
        tasks: Container tasks and functions: no way in, HTTPS out.
        extractors: Tasks that read databases: no way in, HTTPS out; each database adds its own port.
        bastion: The host in front of databases: SSH from the entrance, if there is one; HTTPS to endpoints and S3.

    Raises:
        UnknownPrefixListError: in a region whose prefix list of S3 is not known here.

    Example:
        >>> stack = cdk.Stack(env=cdk.Environment(account="111111111111", region="ap-southeast-2"))
        >>> vpc = ec2.Vpc.from_vpc_attributes(
        ...     stack, "Vpc", vpc_id="vpc-0a1b2c3d", vpc_cidr_block="10.0.0.0/16", availability_zones=["a"])
        >>> NetworkGroups(stack, "Groups", vpc=vpc, endpoints=None).bastion.node.path
        'Default/Groups/Bastion'
    """

    tasks: ec2.ISecurityGroup
    extractors: ec2.ISecurityGroup
    bastion: ec2.ISecurityGroup

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        endpoints: ec2.ISecurityGroup | None,
        entrance_cidrs: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        self._vpc = vpc
        # The gateway to S3 has public addresses, so to any; a private subnet has no other way out.
        everywhere = ec2.Peer.any_ipv4()
        # It stands in the network itself, as it always did: another id would replace it under running functions.
        self.tasks = self._group("TaskSecurityGroup", "Container tasks: no way in, HTTPS out", scope=scope)
        self.tasks.add_egress_rule(everywhere, ec2.Port.tcp(HTTPS), "HTTPS to endpoints and the S3 gateway")
        self.extractors = self._group("Extractors", "Extractors: no way in, HTTPS out, and to databases")
        self.extractors.add_egress_rule(
            everywhere, ec2.Port.tcp(HTTPS), "HTTPS to endpoints and the S3 gateway"
        )
        self.bastion = self._bastion(endpoints, entrance_cidrs)
        if endpoints is not None:
            for name, group in (
                ("tasks", self.tasks),
                ("extractors", self.extractors),
                ("bastion", self.bastion),
            ):
                endpoints.add_ingress_rule(group, ec2.Port.tcp(HTTPS), f"HTTPS from {name}")

    def _bastion(
        self, endpoints: ec2.ISecurityGroup | None, entrance_cidrs: Sequence[str]
    ) -> ec2.SecurityGroup:
        group = self._group(
            "Bastion", "Bastion: SSH from named ranges at most, out to databases and endpoints"
        )
        for cidr in entrance_cidrs:
            group.add_ingress_rule(ec2.Peer.ipv4(cidr), ec2.Port.tcp(SSH), f"SSH from {cidr}")
        to_endpoints = endpoints or ec2.Peer.ipv4(self._vpc.vpc_cidr_block)
        group.add_egress_rule(to_endpoints, ec2.Port.tcp(HTTPS), "HTTPS to interface endpoints")
        group.add_egress_rule(
            ec2.Peer.prefix_list(self._s3_prefix_list()), ec2.Port.tcp(HTTPS), "HTTPS to packages in S3"
        )
        return group

    def _group(
        self, construct_id: str, description: str, *, scope: Construct | None = None
    ) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            scope or self, construct_id, vpc=self._vpc, description=description, allow_all_outbound=False
        )

    def _s3_prefix_list(self) -> str:
        region = cdk.Stack.of(self).region
        if region not in S3_PREFIX_LISTS:
            raise UnknownPrefixListError(
                f"foundation/security_groups.py: the prefix list of S3 in {region} is not known. Allowed: "
                f"{', '.join(S3_PREFIX_LISTS)}. Mend: add what `aws ec2 describe-managed-prefix-lists --region "
                f"{region} --filters Name=prefix-list-name,Values=com.amazonaws.{region}.s3` says."
            )
        return S3_PREFIX_LISTS[region]

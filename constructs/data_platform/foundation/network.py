"""Where tasks run: private subnets with no way to the internet, endpoints to the services that tasks call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from data_platform.acknowledgement import acknowledge
from data_platform.foundation.flow_log import FlowLog
from data_platform.foundation.security_groups import HTTPS, NetworkGroups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms as kms

# Enough addresses for 250 tasks a zone, and a /20 holds sixteen of them.
SUBNET_PREFIX_LENGTH = 24
PRIVATE, ENTRANCE = "Private", "Entrance"
_PACKS_ON_DEFAULT_GROUP = ("HIPAA.Security", "NIST.800.53.R4", "NIST.800.53.R5", "PCI.DSS.321")


class Network(Protocol):
    """What the platform needs of a network, be it new or another team's.

    Tasks and databases stand in `subnets`; `entrance_subnet_ids` have a way to the internet, and only a bastion with a
    public address stands there. `endpoint_security_group` is None where another team owns the interface endpoints.
    """

    vpc: ec2.IVpc
    subnets: Sequence[ec2.ISubnet]
    entrance_subnet_ids: Sequence[str]
    task_security_group: ec2.ISecurityGroup
    extractor_security_group: ec2.ISecurityGroup
    bastion_security_group: ec2.ISecurityGroup
    endpoint_security_group: ec2.ISecurityGroup | None


class NewNetwork(Construct):
    """A VPC of private subnets: no NAT, endpoints instead, all flows logged.

    There is a gateway to the internet only where SSH comes from it, and it leads to these ranges alone: what is not
    named is not routed, in either direction.

    Args:
        scope: The construct that owns the network.
        construct_id: Name within its scope.
        cidr: IPv4 range.
        availability_zones: Zones, one private subnet in each.
        interface_endpoints: Short names of services, such as `athena` or `ecr.api`.
        entrance_cidrs: Ranges from which SSH may come to a bastion with a public address; none makes no entrance.
        key: Encrypts the flow logs.
        flow_log_group: Name of the log group of the flow logs.
        flow_log_days: Days for which flow logs are kept.
        removal_policy: Whether the flow logs outlive their stack.

    Example:
        >>> from aws_cdk import aws_kms as kms
        >>> stack = cdk.Stack(env=cdk.Environment(account="111111111111", region="ap-southeast-2"))
        >>> network = NewNetwork(
        ...     stack, "Network", cidr="10.40.0.0/20", availability_zones=["ap-southeast-2a", "ap-southeast-2b"],
        ...     interface_endpoints=["athena"], key=kms.Key(stack, "Key"), flow_log_group="/dp-dev/flow-log",
        ...     flow_log_days=90, removal_policy=cdk.RemovalPolicy.DESTROY)
        >>> len(network.subnets), len(network.entrance_subnet_ids)
        (2, 0)
    """

    vpc: ec2.IVpc
    subnets: Sequence[ec2.ISubnet]
    entrance_subnet_ids: Sequence[str]
    task_security_group: ec2.ISecurityGroup
    extractor_security_group: ec2.ISecurityGroup
    bastion_security_group: ec2.ISecurityGroup
    endpoint_security_group: ec2.ISecurityGroup | None

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cidr: str,
        availability_zones: Sequence[str],
        interface_endpoints: Sequence[str],
        key: kms.IKey,
        flow_log_group: str,
        flow_log_days: int,
        removal_policy: cdk.RemovalPolicy,
        entrance_cidrs: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        self.vpc = self._vpc(cidr, availability_zones, entrance=bool(entrance_cidrs))
        self.subnets = self.vpc.select_subnets(subnet_group_name=PRIVATE).subnets
        self.entrance_subnet_ids = self._entrances(entrance_cidrs)
        self.endpoint_security_group = self._endpoints(interface_endpoints)
        groups = NetworkGroups(
            self,
            "Groups",
            vpc=self.vpc,
            endpoints=self.endpoint_security_group,
            entrance_cidrs=entrance_cidrs,
        )
        self.task_security_group = groups.tasks
        self.extractor_security_group, self.bastion_security_group = groups.extractors, groups.bastion
        FlowLog(
            self,
            "FlowLog",
            vpc=self.vpc,
            key=key,
            log_group=flow_log_group,
            retention_days=flow_log_days,
            removal_policy=removal_policy,
        )

    def _vpc(self, cidr: str, availability_zones: Sequence[str], *, entrance: bool) -> ec2.Vpc:
        vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(cidr),
            availability_zones=list(availability_zones),
            nat_gateways=0,
            create_internet_gateway=False,
            restrict_default_security_group=False,  # CDK would do it with a helper Lambda
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name=name,
                    subnet_type=ec2.SubnetType.PRIVATE_ISOLATED,
                    cidr_mask=SUBNET_PREFIX_LENGTH,
                )
                for name in ((PRIVATE, ENTRANCE) if entrance else (PRIVATE,))
            ],
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3),
                "DynamoDb": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.DYNAMODB),
            },
        )
        acknowledge(
            vpc,
            *(f"{pack}::{pack}-VPCDefaultSecurityGroupClosed" for pack in _PACKS_ON_DEFAULT_GROUP),
            reason="CloudFormation cannot close a default group and a helper Lambda with EC2 rights is the "
            "greater risk: nothing may use this group (tests/architecture refuses it), and nothing but a bastion's "
            "entrance has a way out.",
        )
        acknowledge(
            vpc,
            "CloudFormation-Validate::W3010",
            reason="Zones are named in the environment on purpose: nothing is looked up at synth, and the "
            "subnets of a running network must not move when AWS lists its zones in another order.",
        )
        return vpc

    def _entrances(self, cidrs: Sequence[str]) -> Sequence[str]:
        """The entrance's subnets lead to the named ranges alone, where CDK's public subnets lead everywhere."""
        if not cidrs:
            return []
        gateway = ec2.CfnInternetGateway(self, "Gateway")
        attached = ec2.CfnVPCGatewayAttachment(
            self, "GatewayAttachment", vpc_id=self.vpc.vpc_id, internet_gateway_id=gateway.ref
        )
        subnets = self.vpc.select_subnets(subnet_group_name=ENTRANCE).subnets
        for zone, subnet in enumerate(subnets, start=1):
            for number, cidr in enumerate(cidrs, start=1):
                ec2.CfnRoute(
                    self,
                    f"Route{zone}To{number}",
                    route_table_id=subnet.route_table.route_table_id,
                    destination_cidr_block=cidr,
                    gateway_id=gateway.ref,
                ).add_resource_dependency(attached)
        return [subnet.subnet_id for subnet in subnets]

    def _endpoints(self, services: Sequence[str]) -> ec2.SecurityGroup:
        group = ec2.SecurityGroup(
            self,
            "EndpointSecurityGroup",
            vpc=self.vpc,
            description="Interface endpoints: HTTPS from inside the network",
            allow_all_outbound=False,
        )
        region = cdk.Stack.of(self).region
        for service in services:
            ec2.InterfaceVpcEndpoint(
                self,
                f"{service.title().replace('.', '')}Endpoint",
                vpc=self.vpc,
                service=ec2.InterfaceVpcEndpointService(f"com.amazonaws.{region}.{service}", HTTPS),
                private_dns_enabled=True,
                subnets=ec2.SubnetSelection(subnets=list(self.subnets)),
                security_groups=[group],
                open=False,
            )
        return group


class ExistingNetwork(Construct):
    """A network that another team owns, by its ids; endpoints and flow logs are that team's.

    Args:
        scope: The construct that holds the reference.
        construct_id: Name within its scope.
        vpc_id: The VPC.
        cidr: Its IPv4 range.
        availability_zones: Zones of the subnets, in their order.
        subnet_ids: Private subnets in which tasks run.
        route_table_ids: Route tables of these subnets, in their order.
        public_subnet_ids: Subnets with a way to the internet, in their order; only a bastion stands there.
        entrance_cidrs: Ranges from which SSH may come to a bastion with a public address.

    Example:
        >>> stack = cdk.Stack(env=cdk.Environment(account="111111111111", region="ap-southeast-2"))
        >>> network = ExistingNetwork(
        ...     stack, "Network", vpc_id="vpc-0a1b2c3d", cidr="10.0.0.0/16", availability_zones=["ap-southeast-2a"],
        ...     subnet_ids=["subnet-0a1b2c3d"], route_table_ids=["rtb-0a1b2c3d"])
        >>> [subnet.subnet_id for subnet in network.subnets]
        ['subnet-0a1b2c3d']
    """

    vpc: ec2.IVpc
    subnets: Sequence[ec2.ISubnet]
    entrance_subnet_ids: Sequence[str]
    task_security_group: ec2.ISecurityGroup
    extractor_security_group: ec2.ISecurityGroup
    bastion_security_group: ec2.ISecurityGroup
    endpoint_security_group: ec2.ISecurityGroup | None

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc_id: str,
        cidr: str,
        availability_zones: Sequence[str],
        subnet_ids: Sequence[str],
        route_table_ids: Sequence[str],
        public_subnet_ids: Sequence[str] = (),
        entrance_cidrs: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        self.vpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id=vpc_id,
            vpc_cidr_block=cidr,
            availability_zones=list(availability_zones),
            isolated_subnet_ids=list(subnet_ids),
            isolated_subnet_route_table_ids=list(route_table_ids),
        )
        self.subnets = self.vpc.isolated_subnets
        self.entrance_subnet_ids = public_subnet_ids
        self.endpoint_security_group = None
        groups = NetworkGroups(self, "Groups", vpc=self.vpc, endpoints=None, entrance_cidrs=entrance_cidrs)
        self.task_security_group = groups.tasks
        self.extractor_security_group, self.bastion_security_group = groups.extractors, groups.bastion

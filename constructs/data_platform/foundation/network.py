"""Where tasks run: private subnets with no way to the internet, endpoints to the services that tasks call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from data_platform.acknowledgement import acknowledge
from data_platform.foundation.flow_log import FlowLog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms as kms

HTTPS = 443
# Enough addresses for 250 tasks a zone, and a /20 holds sixteen of them.
SUBNET_PREFIX_LENGTH = 24
_PACKS_ON_DEFAULT_GROUP = ("HIPAA.Security", "NIST.800.53.R4", "NIST.800.53.R5", "PCI.DSS.321")


class Network(Protocol):
    """What the platform needs of a network, be it new or another team's."""

    vpc: ec2.IVpc
    subnets: Sequence[ec2.ISubnet]
    task_security_group: ec2.ISecurityGroup


class NewNetwork(Construct):
    """A VPC of private subnets: no gateway to the internet, no NAT, endpoints instead, all flows logged.

    Args:
        scope: The construct that owns the network.
        construct_id: Name within its scope.
        cidr: IPv4 range.
        availability_zones: Zones, one private subnet in each.
        interface_endpoints: Short names of services, such as `athena` or `ecr.api`.
        key: Encrypts the flow logs.
        flow_log_group: Name of the log group of the flow logs.
        flow_log_days: Days for which flow logs are kept.
        removal_policy: Whether the flow logs outlive their stack.
    """

    vpc: ec2.IVpc
    subnets: Sequence[ec2.ISubnet]
    task_security_group: ec2.ISecurityGroup

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
    ) -> None:
        super().__init__(scope, construct_id)
        self.vpc = self._vpc(cidr, availability_zones)
        self.subnets = self.vpc.isolated_subnets
        self._endpoints(cidr, interface_endpoints)
        self.task_security_group = _task_security_group(self, self.vpc)
        FlowLog(
            self,
            "FlowLog",
            vpc=self.vpc,
            key=key,
            log_group=flow_log_group,
            retention_days=flow_log_days,
            removal_policy=removal_policy,
        )

    def _vpc(self, cidr: str, availability_zones: Sequence[str]) -> ec2.Vpc:
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
                    name="Private",
                    subnet_type=ec2.SubnetType.PRIVATE_ISOLATED,
                    cidr_mask=SUBNET_PREFIX_LENGTH,
                )
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
            "greater risk: nothing may use this group (tests/architecture refuses it), and the VPC has no "
            "gateway out.",
        )
        acknowledge(
            vpc,
            "CloudFormation-Validate::W3010",
            reason="Zones are named in the environment on purpose: nothing is looked up at synth, and the "
            "subnets of a running network must not move when AWS lists its zones in another order.",
        )
        return vpc

    def _endpoints(self, cidr: str, services: Sequence[str]) -> None:
        group = ec2.SecurityGroup(
            self,
            "EndpointSecurityGroup",
            vpc=self.vpc,
            description="Interface endpoints: HTTPS from inside the network",
            allow_all_outbound=False,
        )
        group.add_ingress_rule(ec2.Peer.ipv4(cidr), ec2.Port.tcp(HTTPS), "HTTPS from the network's own tasks")
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
    """

    vpc: ec2.IVpc
    subnets: Sequence[ec2.ISubnet]
    task_security_group: ec2.ISecurityGroup

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
        self.task_security_group = _task_security_group(self, self.vpc)


def _task_security_group(scope: Construct, vpc: ec2.IVpc) -> ec2.SecurityGroup:
    """Tasks answer nobody and call services by HTTPS; the gateway to S3 has public addresses, so to any."""
    group = ec2.SecurityGroup(
        scope,
        "TaskSecurityGroup",
        vpc=vpc,
        description="Container tasks: no way in, HTTPS out",
        allow_all_outbound=False,
    )
    group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(HTTPS), "HTTPS to endpoints and the S3 gateway")
    return group

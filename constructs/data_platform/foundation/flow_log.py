"""Every flow of a network, accepted or refused, in an encrypted log group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from data_platform.log_group import encrypted_log_group

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms


class FlowLog(Construct):
    """The flow log of a VPC.

    The role is written out, since the one that CDK makes has an inline policy, which four packs refuse.

    Args:
        scope: The construct that owns the flow log.
        construct_id: Name within its scope.
        vpc: The network.
        key: Encrypts the log group; its policy must let CloudWatch Logs use it.
        log_group: Name of the log group.
        retention_days: Days for which flows are kept, one of the periods that CloudWatch Logs offers.
        removal_policy: Whether the log group outlives its stack.
    """

    log_group: logs.CfnLogGroup

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        key: kms.IKey,
        log_group: str,
        retention_days: int,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = encrypted_log_group(
            self,
            "LogGroup",
            name=log_group,
            key=key,
            retention_days=retention_days,
            removal_policy=removal_policy,
        )
        role = self._role()
        ec2.CfnFlowLog(
            self,
            "Resource",
            resource_id=vpc.vpc_id,
            resource_type="VPC",
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_group_name=self.log_group.ref,
            deliver_logs_permission_arn=role.role_arn,
            max_aggregation_interval=60,
        )

    def _role(self) -> iam.Role:
        service = iam.ServicePrincipal("vpc-flow-logs.amazonaws.com")
        own_account = {"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}}
        role = iam.Role(self, "Role", assumed_by=service.with_conditions(own_account))
        iam.ManagedPolicy(
            self,
            "Policy",
            roles=[role],
            statements=[
                iam.PolicyStatement(
                    actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                    resources=[
                        self.log_group.attr_arn
                    ],  # CloudFormation's Arn already ends in `:*`, all streams
                )
            ],
        )
        return role

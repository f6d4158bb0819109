"""The role with which RDS tells what the operating systems of databases do."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from data_platform.acknowledgement import acknowledge

_GROUP = "RDSOSMetrics"


class MonitoringRole(Construct):
    """Writes Enhanced Monitoring to the one log group that RDS has for it in an account.

    AWS's own policy names every log group that starts with RDS; this one names the one that is used.
    Source: docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.Enabling.html.

    Args:
        scope: The construct that owns the role.
        construct_id: Name within its scope.
        name: Public name of the role.

    Example:
        >>> MonitoringRole(cdk.Stack(), "Monitoring", name="dp-dev-retail-database-monitoring").role.node.path
        'Default/Monitoring/Role'
    """

    role: iam.Role

    def __init__(self, scope: Construct, construct_id: str, *, name: str) -> None:
        super().__init__(scope, construct_id)
        stack = cdk.Stack.of(self)
        group = f"arn:aws:logs:{stack.region}:{stack.account}:log-group:{_GROUP}"
        streams = f"{group}:log-stream:*"
        # The role is made with its policy: RDS refuses an instance whose monitoring role may not write yet.
        policy = iam.ManagedPolicy(
            self,
            "Policy",
            statements=[
                iam.PolicyStatement(actions=["logs:CreateLogGroup"], resources=[group]),
                iam.PolicyStatement(
                    actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                    resources=[streams],
                ),
            ],
        )
        acknowledge(
            policy,
            f"AwsSolutions::AwsSolutions-IAM5[Resource::{streams}]",
            reason="RDS names a stream after the resource id of an instance, which no template knows before there is "
            "one; the log group is named, and holds nothing but what Enhanced Monitoring tells.",
        )
        self.role = iam.Role(
            self,
            "Role",
            role_name=name,
            description="Tells what the operating systems of databases do",
            assumed_by=iam.ServicePrincipal(
                "monitoring.rds.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": stack.account},
                    "ArnLike": {"aws:SourceArn": f"arn:aws:rds:{stack.region}:{stack.account}:db:*"},
                },
            ),
            managed_policies=[policy],
        )

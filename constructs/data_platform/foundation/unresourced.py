"""The few actions for which AWS knows no resource, each in one policy that duties share.

`Resource: "*"` is the only way to allow them. They stand here and nowhere else, so that one reviewed list says
which actions are not bound to a resource and which condition binds them instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from constructs import Construct

from data_platform.acknowledgement import acknowledge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_ecs as ecs

TELEMETRY = (
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
)
NETWORK_INTERFACES = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
)
# Who replays dead letters must find the cluster: its ARN ends in an id that AWS makes.
CLUSTERS = ("kafka:ListClustersV2",)
# What a connector of MSK Connect asks of whoever makes it: its network, and who it is called.
CONNECTORS = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
    "kafkaconnect:CreateConnector",
    "kafkaconnect:DescribeCustomPlugin",
    "kafkaconnect:DescribeWorkerConfiguration",
    "kafkaconnect:ListConnectors",
)
# What the pollers of an event source mapping ask beside a function's own interfaces: where the cluster stands.
POLLERS = ("ec2:DescribeSecurityGroups", "ec2:DescribeVpcs")
# What the agent of Session Manager asks for; newer agents need no more than these and their own registration.
SESSIONS = (
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)


class UnresourcedActions(Construct):
    """Shared policies of actions without resources.

    Args:
        scope: The construct that owns the policies.
        construct_id: Name within its scope.
        name_prefix: Starts each policy's name, such as `dp-dev`.
        figures: The namespace of metrics that may be written.
        cluster: The only cluster whose tasks may be watched and stopped.
        streams: Whether there are connectors of MSK Connect to make.

    Attributes:
        data_access: Ask Lake Formation for data; its grants decide.
        lake_grants: Grant and revoke in Lake Formation what its holder was given with the grant option.
        machine: What a state machine needs to log, trace, write figures and watch its tasks.
        function: What a function in the network needs.
        registry_login: Log in to the image registry; repositories decide what can be pulled.
        session_host: What a host needs to be reached over Session Manager.
        tunnel: Find the bastion and its key pair.
        connectors: Make connectors; None where there are no streams.
        pollers: Find a cluster in the network, for functions that read topics; None where there are no streams.
        clusters: Find a cluster by its name, for people; None where there are no streams.

    Example:
        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_ecs as ecs
        >>> stack = cdk.Stack()
        >>> cluster = ecs.Cluster.from_cluster_arn(
        ...     stack, "Cluster", "arn:aws:ecs:ap-southeast-2:111111111111:cluster/dp-dev")
        >>> shared = UnresourcedActions(stack, "Unresourced", name_prefix="dp-dev", figures="DataPlatform",
        ...                             cluster=cluster)
        >>> shared.data_access.node.path
        'Default/Unresourced/DataAccess'
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name_prefix: str,
        figures: str,
        cluster: ecs.ICluster,
        streams: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        self._name_prefix = name_prefix
        own_cluster = {"ArnEquals": {"ecs:cluster": cluster.cluster_arn}}
        own_figures = {"StringEquals": {"cloudwatch:namespace": figures}}
        self.data_access = self._policy("data-access", _allow("lakeformation:GetDataAccess"))
        self.lake_grants = self._policy(
            "lake-grants",
            _allow("lakeformation:BatchGrantPermissions", "lakeformation:BatchRevokePermissions"),
        )
        self.machine = self._policy(
            "machine",
            _allow(*TELEMETRY),
            _allow("cloudwatch:PutMetricData", only=own_figures),
            _allow("ecs:DescribeTasks", "ecs:StopTask", only=own_cluster),
        )
        self.function = self._policy("function", _allow(*NETWORK_INTERFACES))
        self.registry_login = self._policy("registry-login", _allow("ecr:GetAuthorizationToken"))
        self.session_host = self._policy("session-host", _allow(*SESSIONS))
        self.tunnel = self._policy("tunnel", _allow("ec2:DescribeInstances", "ec2:DescribeKeyPairs"))
        self.connectors = self._policy("connectors", _allow(*CONNECTORS)) if streams else None
        self.pollers = self._policy("pollers", _allow(*POLLERS)) if streams else None
        self.clusters = self._policy("clusters", _allow(*CLUSTERS)) if streams else None
        acknowledge(
            self,
            "AwsSolutions::AwsSolutions-IAM5[Resource::*]",
            reason="AWS has no resources for data access by Lake Formation, traces, log deliveries, figures, registry "
            "tokens, network interfaces, channels of sessions, descriptions of instances and lists of clusters. Lake "
            "Formation grants, repositories and security groups decide; tasks are bound to one cluster and figures to "
            "one namespace.",
        )

    def _policy(self, duty: str, *statements: iam.PolicyStatement) -> iam.ManagedPolicy:
        return iam.ManagedPolicy(
            self,
            "".join(word.title() for word in duty.split("-")),
            managed_policy_name=f"{self._name_prefix}-{duty}",
            statements=list(statements),
        )


def _allow(*actions: str, only: Mapping[str, object] | None = None) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=sorted(actions), resources=["*"], conditions=only)

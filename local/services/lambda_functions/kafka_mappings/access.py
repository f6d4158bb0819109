"""What stands between a mapping and its topic: the function's role, its rights, and the cluster's security groups.

The front of a cluster asks who may connect; the rights to a topic and a group are asked here, for Kafka itself does
not know IAM. Source: https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html and
https://docs.aws.amazon.com/lambda/latest/dg/with-kafka-troubleshoot.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local import identity
from local.services.msk import doors, front, rights, state
from local.services.rds import sources
from local.services.refusal import Refusal

if TYPE_CHECKING:
    import boto3

Record = dict[str, Any]
PRINCIPAL = "lambda.amazonaws.com"
NO_ROLE = "PROBLEM: Lambda failed to assume your function's execution role."
NOT_AUTHENTICATED = "PROBLEM: SASL authentication failed."
NOT_AUTHORISED = "PROBLEM: Cluster failed to authorize Lambda."
NO_CONNECTION = (
    "PROBLEM: Connection error. Please check your event source connection configuration. If your event source lives "
    "in a VPC, try setting up a new Lambda function or EC2 instance with the same VPC, Subnet, and Security Group "
    "settings. Connect the new device to the Kafka cluster and consume messages to ensure that the issue is not "
    "related to VPC or Endpoint configuration. If the new device is able to consume messages, please contact Lambda "
    "customer support for further investigation."
)
PROBLEMS = frozenset({NO_ROLE, NOT_AUTHENTICATED, NOT_AUTHORISED, NO_CONNECTION})
_DESCRIBE, _DESCRIBE_PROVISIONED = "kafka:DescribeClusterV2", "kafka:DescribeCluster"
_CLUSTER = (_DESCRIBE, "kafka:GetBootstrapBrokers")
_NETWORK = tuple(
    f"ec2:{action}"
    for action in (
        *("CreateNetworkInterface", "DeleteNetworkInterface", "DescribeNetworkInterfaces"),
        *("DescribeSecurityGroups", "DescribeSubnets", "DescribeVpcs"),
    )
)
_READ = ("DescribeTopic", "ReadData")
_GROUP = ("AlterGroup", "DescribeGroup")


def session(mapping: Record) -> boto3.Session:
    """A session of the function's execution role, as Lambda gets it.

    Raises:
        local.identity.AccessDenied: The role does not trust Lambda, or there is no function any more.
    """
    from ministack.services import lambda_svc

    function = lambda_svc._functions.get(mapping["FunctionName"])
    if function is None:
        raise identity.AccessDenied(f"there is no function {mapping['FunctionName']}")
    return identity.session_for_role(
        function["config"]["Role"],
        service_principal=PRINCIPAL,
        session_name=mapping["FunctionName"],
        source_arn=function["config"]["FunctionArn"],
    )


def require(mapping: Record) -> None:
    """Refuse a mapping of a cluster that is not there, or whose role cannot find its way to it.

    Raises:
        Refusal: `InvalidParameterValueException`.
    """
    arn = mapping["EventSourceArn"]
    if arn not in state.clusters:
        raise _refused(f"The cluster {arn} does not exist.")
    try:
        key = _key(mapping)
    except identity.AccessDenied as error:
        raise _refused(f"The role defined for the function cannot be assumed by Lambda. {error}") from error
    for actions, resource in ((_CLUSTER, arn), (_NETWORK, "*")):
        missing = [action for action in actions if _denied(key, action, resource, arn)]
        if _DESCRIBE in missing and _may_describe_provisioned(key, arn):
            missing.remove(_DESCRIBE)
        if missing:
            raise _refused(
                f"Cannot access cluster {arn}. Please ensure the role can perform the {', '.join(missing)} "
                "actions in IAM."
            )


def _may_describe_provisioned(key: str, arn: str) -> bool:
    """Of a provisioned cluster one of the two actions is enough."""
    provisioned = state.clusters[arn]["ClusterType"] == "PROVISIONED"
    return provisioned and not _denied(key, _DESCRIBE_PROVISIONED, arn, arn)


def problem(mapping: Record) -> str:
    """Why a mapping cannot read now, as LastProcessingResult says it; empty when it can."""
    cluster = state.clusters.get(mapping["EventSourceArn"])
    if cluster is None or not cluster.get("_Ports"):
        return NO_CONNECTION
    try:
        key = _key(mapping)
    except identity.AccessDenied:
        return NO_ROLE
    through = door(cluster)
    groups = tuple(front.groups_of(cluster))
    if not front.admits(cluster, through, sources.Source(groups=groups)):
        return NO_CONNECTION
    return _right_problem(key, mapping) if through.iam else ""


def door(cluster: Record) -> doors.Door:
    """The door through which pollers come: of IAM where there is one."""
    order = [doors.IAM, doors.TLS, doors.PLAINTEXT]
    return min((one for one in doors.of_cluster(cluster) if one in order), key=order.index)


def _right_problem(key: str, mapping: Record) -> str:
    arn = mapping["EventSourceArn"]
    topic = state.topic_arn(arn, mapping["Topics"][0])
    group = mapping["AmazonManagedKafkaEventSourceConfig"]["ConsumerGroupId"]
    group_arn = f"{arn.replace(':cluster/', ':group/', 1)}/{group}"
    if _denied(key, "kafka-cluster:Connect", arn, arn):
        return NOT_AUTHENTICATED
    wanted = [(action, topic) for action in _READ] + [(action, group_arn) for action in _GROUP]
    wanted.append(("DescribeClusterDynamicConfiguration", arn))
    refused = any(_denied(key, f"kafka-cluster:{action}", resource, arn) for action, resource in wanted)
    return NOT_AUTHORISED if refused else ""


def _key(mapping: Record) -> str:
    keys = session(mapping).get_credentials()
    return keys.access_key if keys else ""


def _denied(key: str, action: str, resource: str, cluster_arn: str) -> bool:
    return bool(rights.problem(key, action, resource, of=cluster_arn))


def _refused(why: str) -> Refusal:
    return Refusal("InvalidParameterValueException", why)

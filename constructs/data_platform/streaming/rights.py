"""What who writes, who reads and who administers may do: named topics and named groups, never a wildcard.

Source: https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from data_platform.streaming.arns import group_arn, topic_arn
from data_platform.streaming.bootstrap import bootstrap_right

if TYPE_CHECKING:
    from collections.abc import Sequence

# A producer that is idempotent, as Kafka's are by default since 3.0, asks for the last of these.
_CONNECT, _IDEMPOTENT = "kafka-cluster:Connect", "kafka-cluster:WriteDataIdempotently"
_DESCRIBE = "kafka-cluster:DescribeTopic"
_SETTINGS = "kafka-cluster:DescribeTopicDynamicConfiguration"
# Asked by the pollers of an event source mapping, which read in the name of the function's role.
_CLUSTER_SETTINGS = "kafka-cluster:DescribeClusterDynamicConfiguration"
_MAKE = (
    "kafka-cluster:AlterTopic",
    "kafka-cluster:AlterTopicDynamicConfiguration",
    "kafka-cluster:CreateTopic",
)


def producer_rights(
    cluster_arn: str, topics: Sequence[str], *, registry_arns: Sequence[str]
) -> list[iam.PolicyStatement]:
    """Writes to topics, and reads the schemas that it writes by; it registers none, since schemas come as code.

    Args:
        cluster_arn: The cluster.
        topics: What it writes to.
        registry_arns: The registry, and the schemas of these topics.

    Example:
        >>> arn = "arn:aws:kafka:ap-southeast-2:111111111111:cluster/a/b"
        >>> [each.sid for each in producer_rights(arn, ["retail.orders.v1"], registry_arns=["arn:r"])]
        ['FindBrokers', 'Connect', 'WriteTopics', 'ReadSchemas']
    """
    return [
        bootstrap_right(cluster_arn),
        _connect(cluster_arn, writes=True),
        _write(cluster_arn, topics),
        _schemas(registry_arns),
    ]


def consumer_rights(
    cluster_arn: str,
    topics: Sequence[str],
    *,
    groups: Sequence[str],
    dead_letters: Sequence[str],
    registry_arns: Sequence[str],
) -> list[iam.PolicyStatement]:
    """Reads topics in its groups, writes what it cannot process to their dead letters, and sees whether it is there.

    Args:
        cluster_arn: The cluster.
        topics: What it reads.
        groups: Its consumer groups, in which it commits how far it is.
        dead_letters: Where it leaves what it cannot process.
        registry_arns: The registry, and the schemas of these topics.

    Example:
        >>> arn = "arn:aws:kafka:ap-southeast-2:111111111111:cluster/a/b"
        >>> [each.sid for each in consumer_rights(arn, ["t"], groups=["t.loader"], dead_letters=["t.dlq"],
        ...                                       registry_arns=["arn:r"])]
        ['FindBrokers', 'Connect', 'SeeCluster', 'ReadTopics', 'CommitInGroups', 'WriteTopics', 'ReadSchemas']
    """
    return [
        bootstrap_right(cluster_arn),
        _connect(cluster_arn, writes=True),
        iam.PolicyStatement(sid="SeeCluster", actions=[_CLUSTER_SETTINGS], resources=[cluster_arn]),
        iam.PolicyStatement(
            sid="ReadTopics",
            actions=[_DESCRIBE, _SETTINGS, "kafka-cluster:ReadData"],
            # After a fall it reads its dead letters: none is written twice.
            resources=[topic_arn(cluster_arn, topic) for topic in (*topics, *dead_letters)],
        ),
        iam.PolicyStatement(
            sid="CommitInGroups",
            actions=["kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup"],
            resources=[group_arn(cluster_arn, group) for group in groups],
        ),
        _write(cluster_arn, dead_letters),
        _schemas(registry_arns),
    ]


def admin_rights(
    cluster_arn: str, topics: Sequence[str], *, groups: Sequence[str], makes_topics: bool
) -> list[iam.PolicyStatement]:
    """Looks at topics and groups, reads no record and deletes nothing.

    Args:
        cluster_arn: The cluster.
        topics: What it looks at.
        groups: Consumer groups whose progress it looks at.
        makes_topics: Whether it also makes and changes these topics: on Serverless, where CloudFormation cannot.

    Example:
        >>> arn = "arn:aws:kafka:ap-southeast-2:111111111111:cluster/a/b"
        >>> [each.sid for each in admin_rights(arn, ["t"], groups=["t.loader"], makes_topics=False)]
        ['FindBrokers', 'Connect', 'Topics', 'SeeGroups']
    """
    return [
        bootstrap_right(cluster_arn),
        _connect(cluster_arn, writes=False),
        iam.PolicyStatement(
            sid="Topics",
            actions=[*(_MAKE if makes_topics else ()), _DESCRIBE, _SETTINGS],
            resources=[topic_arn(cluster_arn, topic) for topic in topics],
        ),
        iam.PolicyStatement(
            sid="SeeGroups",
            actions=["kafka-cluster:DescribeGroup"],
            resources=[group_arn(cluster_arn, group) for group in groups],
        ),
    ]


def _connect(cluster_arn: str, *, writes: bool) -> iam.PolicyStatement:
    actions = [_CONNECT, *([_IDEMPOTENT] if writes else [])]
    return iam.PolicyStatement(sid="Connect", actions=actions, resources=[cluster_arn])


def _write(cluster_arn: str, topics: Sequence[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid="WriteTopics",
        actions=[_DESCRIBE, "kafka-cluster:WriteData"],
        resources=[topic_arn(cluster_arn, topic) for topic in topics],
    )


def _schemas(registry_arns: Sequence[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid="ReadSchemas",
        actions=["glue:GetSchemaByDefinition", "glue:GetSchemaVersion"],
        resources=list(registry_arns),
    )

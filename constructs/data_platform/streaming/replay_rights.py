"""What who replays dead letters may do: reads a domain's topics and dead letters, writes the topics again.

Source: https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from data_platform.streaming.arns import group_arn, topic_arn
from data_platform.streaming.bootstrap import bootstrap_right

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_platform.contracts.streams import Stream


def replay_rights(
    cluster_arn: str,
    streams: Sequence[Stream],
    *,
    ledger_arn: str,
    key_arn: str,
    registry_arns: Sequence[str],
) -> list[iam.PolicyStatement]:
    """Reads topics and dead letters, sends to the topics, and marks in the ledger what was sent.

    It deletes no record, writes no dead letter, and touches no item of the ledger but those of its topics; of these it
    deletes its own lease alone, which is the one deletion that it asks for. How it finds the cluster is no right on a
    resource (`UnresourcedActions.clusters`).

    Args:
        cluster_arn: The cluster.
        streams: The domain's.
        ledger_arn: The run ledger.
        key_arn: The key of the ledger.
        registry_arns: The registry, and the schemas of these topics.

    Example:
        >>> from data_platform.contracts.streams import Stream
        >>> stream = Stream(topic="t", dead_letters="t.dlq", partitions=1, retention_ms=1, dead_letter_retention_ms=1,
        ...                 cleanup=("delete",), key=(), format="avro", compatibility="BACKWARD")
        >>> arn = "arn:aws:kafka:ap-southeast-2:111111111111:cluster/a/b"
        >>> rights = replay_rights(arn, [stream], ledger_arn="arn:l", key_arn="arn:k", registry_arns=["arn:r"])
        >>> [each.sid for each in rights][2:]
        ['ReadTopics', 'ReadInGroups', 'WriteTopics', 'ReadSchemas', 'MarkReplays', 'UseKey']
    """
    return [
        bootstrap_right(cluster_arn),
        iam.PolicyStatement(
            sid="Connect",
            actions=["kafka-cluster:Connect", "kafka-cluster:WriteDataIdempotently"],
            resources=[cluster_arn],
        ),
        iam.PolicyStatement(
            sid="ReadTopics",
            actions=["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"],
            resources=[
                topic_arn(cluster_arn, name) for each in streams for name in (each.topic, each.dead_letters)
            ],
        ),
        iam.PolicyStatement(
            sid="ReadInGroups",
            actions=["kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup"],
            resources=[group_arn(cluster_arn, f"{each.topic}.replay") for each in streams],
        ),
        iam.PolicyStatement(
            sid="WriteTopics",
            actions=["kafka-cluster:WriteData"],
            resources=[topic_arn(cluster_arn, each.topic) for each in streams],
        ),
        iam.PolicyStatement(
            sid="ReadSchemas", actions=["glue:GetSchemaVersion"], resources=list(registry_arns)
        ),
        iam.PolicyStatement(
            sid="MarkReplays",
            actions=["dynamodb:DeleteItem", "dynamodb:Query", "dynamodb:UpdateItem"],
            resources=[ledger_arn],
            conditions={
                "ForAllValues:StringEquals": {
                    "dynamodb:LeadingKeys": [f"stream:{each.topic}" for each in streams]
                },
                "Null": {"dynamodb:LeadingKeys": "false"},
            },
        ),
        iam.PolicyStatement(
            sid="UseKey", actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[key_arn]
        ),
    ]

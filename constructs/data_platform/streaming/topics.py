"""Topics as code: what a contract's stream says, and beside each topic the one for its dead letters."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_msk as msk
from constructs import Construct

from data_platform.streaming.brokers import REPLICAS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from data_platform.contracts.streams import Stream

# A change may hold a wide row before and after compression; a dead letter is such a record, and why it died.
RECORD_BYTES = 4 * 1024**2
DEAD_LETTER_BYTES = 2 * RECORD_BYTES
# Their order means nothing and they are few.
DEAD_LETTER_PARTITIONS = 1


def encoded(configs: Mapping[str, str]) -> str:
    """Settings of a topic as `AWS::MSK::Topic` takes them: JSON in base64. The only place that knows it.

    CloudFormation's schema says only that it is text; Terraform's provider sends and reads it so.

    Args:
        configs: Value by Kafka's name of the setting.

    Example:
        >>> encoded({"retention.ms": "604800000"})
        'eyJyZXRlbnRpb24ubXMiOiI2MDQ4MDAwMDAifQ=='
    """
    return base64.b64encode(
        json.dumps(dict(configs), sort_keys=True, separators=(",", ":")).encode()
    ).decode()


def topic_settings(stream: Stream) -> dict[str, str]:
    """What Kafka is told of a stream's topic.

    Args:
        stream: The contract's stream; a key that is compacted keeps its mark of deletion as long as records are kept,
            so that who comes back within that time misses no deletion.

    Example:
        >>> from data_platform.contracts.streams import Stream
        >>> stream = Stream(topic="retail.orders.v1", dead_letters="retail.orders.v1.dlq", partitions=6,
        ...                 retention_ms=604800000, dead_letter_retention_ms=1209600000, cleanup=("compact",),
        ...                 key=("order_id",), format="avro", compatibility="BACKWARD_ALL")
        >>> topic_settings(stream)
        {'cleanup.policy': 'compact', 'max.message.bytes': '4194304', 'delete.retention.ms': '604800000'}
    """
    settings = {
        "cleanup.policy": ",".join(sorted(stream.cleanup)),
        "max.message.bytes": str(RECORD_BYTES),
    }
    if "compact" in stream.cleanup:
        settings["delete.retention.ms"] = str(stream.retention_ms)
    if "delete" in stream.cleanup:
        settings["retention.ms"] = str(stream.retention_ms)
    return settings


def dead_letter_settings(stream: Stream) -> dict[str, str]:
    """What Kafka is told of the topic of a stream's dead letters: kept for a time whatever their key.

    Args:
        stream: The contract's stream.
    """
    return {
        "cleanup.policy": "delete",
        "max.message.bytes": str(DEAD_LETTER_BYTES),
        "retention.ms": str(stream.dead_letter_retention_ms),
    }


def creation(stream: Stream) -> dict[str, str]:
    """The topics of a stream as arguments of `kafka-topics.sh --create`, for a cluster without topics as code.

    Args:
        stream: The contract's stream.
    """
    return {
        name: " ".join(
            [
                f"--topic {name} --partitions {partitions} --replication-factor {REPLICAS}",
                *(f"--config {key}={value}" for key, value in sorted(settings.items())),
            ]
        )
        for name, partitions, settings in _topics(stream)
    }


class Topics(Construct):
    """The topics of streams, made one after the other: a cluster takes few changes at a time.

    They outlive the stack and their own replacement: CloudFormation would delete all records with a topic.

    Args:
        scope: The construct that owns the topics.
        construct_id: Name within its scope.
        cluster_arn: A cluster of Express or Standard brokers.
        streams: The streams of contracts.

    Attributes:
        by_name: Topic by its name; who reads one is to be made after it and after its dead letters.

    Example:
        >>> from data_platform.contracts.streams import Stream
        >>> stream = Stream(topic="retail.orders.v1", dead_letters="retail.orders.v1.dlq", partitions=6,
        ...                 retention_ms=604800000, dead_letter_retention_ms=1209600000, cleanup=("delete",),
        ...                 key=("order_id",), format="avro", compatibility="BACKWARD_ALL")
        >>> made = Topics(cdk.Stack(), "Topics", cluster_arn="arn:aws:kafka:ap-southeast-2:1:cluster/a/b",
        ...               streams=[stream])
        >>> {name: topic.partition_count for name, topic in made.by_name.items()}
        {'retail.orders.v1.dlq': 1, 'retail.orders.v1': 6}
    """

    by_name: Mapping[str, msk.CfnTopic]

    def __init__(
        self, scope: Construct, construct_id: str, *, cluster_arn: str, streams: Sequence[Stream]
    ) -> None:
        super().__init__(scope, construct_id)
        made: dict[str, msk.CfnTopic] = {}
        last: msk.CfnTopic | None = None
        for stream in streams:
            for name, partitions, settings in _topics(stream):
                topic = msk.CfnTopic(
                    self,
                    _construct_id(name),
                    cluster_arn=cluster_arn,
                    topic_name=name,
                    partition_count=partitions,
                    replication_factor=REPLICAS,
                    configs=encoded(settings),
                )
                topic.apply_removal_policy(cdk.RemovalPolicy.RETAIN, apply_to_update_replace_policy=True)
                if last is not None:
                    topic.node.add_dependency(last)
                made[name] = last = topic
        self.by_name = made


def _topics(stream: Stream) -> tuple[tuple[str, int, dict[str, str]], ...]:
    """Name, partitions and settings; the dead letters first, so that no topic is without them."""
    return (
        (stream.dead_letters, DEAD_LETTER_PARTITIONS, dead_letter_settings(stream)),
        (stream.topic, stream.partitions, topic_settings(stream)),
    )


def _construct_id(topic: str) -> str:
    return "".join(word.title() for word in re.split(r"[^A-Za-z0-9]+", topic))

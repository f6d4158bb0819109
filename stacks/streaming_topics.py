"""The topics of a domain's streams and the second lock on them: who may write and read which, and nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from data_platform.foundation import deployment_role_arn
from data_platform.streaming import ClusterPolicy, TopicAccess, Topics, creation
from stacks.streaming_names import REPLAY, loader, producer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from data_platform.contracts.model import Dataset
    from data_platform.contracts.naming import Naming
    from data_platform.contracts.streams import Stream
    from environments.model import Environment


def guarded_topics(
    scope: Construct,
    cluster_arn: str,
    streams: Sequence[tuple[Dataset, Stream]],
    *,
    environment: Environment,
    naming: Naming,
) -> Topics:
    """The topics, made after the cluster's policy.

    Args:
        scope: The stack of the domain's streaming.
        cluster_arn: The cluster.
        streams: The datasets that have a stream, with it.
        environment: Where it is deployed: its deployment alone makes topics.
        naming: Physical names of roles.
    """
    policy = ClusterPolicy(
        scope,
        "ClusterPolicy",
        cluster_arn=cluster_arn,
        prefix=f"{naming.domain}.",
        access=[access for each in streams for access in _access(*each, naming)],
        makers=[deployment_role_arn(account=environment.account, region=environment.region)],
    )
    topics = Topics(scope, "Topics", cluster_arn=cluster_arn, streams=[stream for _, stream in streams])
    topics.node.add_dependency(policy)
    return topics


def _access(dataset: Dataset, stream: Stream, naming: Naming) -> tuple[TopicAccess, TopicAccess]:
    """Who replays writes a topic like its producer, and reads what could not be loaded; it writes no dead letter."""
    load, replay = naming.role_arn(loader(dataset)), naming.role_arn(REPLAY)
    return (
        TopicAccess(
            topic=stream.topic,
            writers=(naming.role_arn(producer(dataset)), replay),
            readers=(load, replay),
        ),
        TopicAccess(topic=stream.dead_letters, writers=(load,), readers=(load, replay)),
    )


def say_topics(scope: Construct, streams: Sequence[tuple[Dataset, Stream]]) -> None:
    """Serverless takes no topics from CloudFormation: what to make by hand is told, a topic each.

    Args:
        scope: The stack of the domain's streaming.
        streams: The datasets that have a stream, with it.
    """
    for dataset, stream in streams:
        for name, arguments in creation(stream).items():
            ending = "DeadLetters" if name == stream.dead_letters else "Topic"
            cdk.CfnOutput(
                scope,
                f"{''.join(word.title() for word in dataset.name.split('_'))}{ending}",
                value=arguments,
                description=f"To make by hand: {name} (docs/runbooks/streaming-topics.md)",
            )

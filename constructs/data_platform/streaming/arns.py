"""ARNs of what is in a cluster: topics and consumer groups, which have no resource of their own to ask."""

from __future__ import annotations

import aws_cdk as cdk


def topic_arn(cluster_arn: str, topic: str) -> str:
    """The ARN of a topic.

    Args:
        cluster_arn: The cluster, also as a reference that only a deployment knows.
        topic: Name of the topic.

    Example:
        >>> topic_arn("arn:aws:kafka:ap-southeast-2:111111111111:cluster/stream/0a1b-2", "retail.orders.v1")
        'arn:aws:kafka:ap-southeast-2:111111111111:topic/stream/0a1b-2/retail.orders.v1'
    """
    return _inside(cluster_arn, "topic", topic)


def group_arn(cluster_arn: str, group: str) -> str:
    """The ARN of a consumer group.

    Args:
        cluster_arn: The cluster, also as a reference that only a deployment knows.
        group: Name of the group.

    Example:
        >>> group_arn("arn:aws:kafka:ap-southeast-2:111111111111:cluster/stream/0a1b-2", "retail.orders.v1.loader")
        'arn:aws:kafka:ap-southeast-2:111111111111:group/stream/0a1b-2/retail.orders.v1.loader'
    """
    return _inside(cluster_arn, "group", group)


def _inside(cluster_arn: str, kind: str, name: str) -> str:
    """The cluster's ARN with another kind, and a name behind its own name and id."""
    if cdk.Token.is_unresolved(cluster_arn):
        place, own = cdk.Fn.split(":cluster/", cluster_arn, 2)
        return cdk.Fn.join("", [place, f":{kind}/", own, f"/{name}"])
    place, _, own = cluster_arn.partition(":cluster/")
    return f"{place}:{kind}/{own}/{name}"

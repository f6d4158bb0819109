"""Mounts MSK into ministack, in the place of its own, which starts no broker."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from local import hooks, persistence, shutdown
from local.services import rest_json, when_serving
from local.services.msk import (
    brokers,
    clusters,
    configurations,
    measures,
    policies,
    state,
    topics,
    updates,
    versions,
)

NAME = "kafka"
_ARN = re.compile(r"arn:aws:kafka:[\w-]+:\d{12}:(cluster|configuration)/[^/]+/[\w-]+")
_TOPICS = re.compile(r"/v1/clusters/.+/topics(/|$)")

OPERATIONS: dict[str, Any] = {
    "CreateCluster": clusters.create,
    "CreateClusterV2": clusters.create_v2,
    "CreateConfiguration": configurations.create,
    "CreateTopic": topics.create,
    "DeleteCluster": clusters.delete,
    "DeleteClusterPolicy": policies.delete,
    "DeleteConfiguration": configurations.delete,
    "DeleteTopic": topics.delete,
    "DescribeCluster": clusters.describe,
    "DescribeClusterOperation": updates.describe,
    "DescribeClusterV2": clusters.describe_v2,
    "DescribeConfiguration": configurations.describe,
    "DescribeConfigurationRevision": configurations.describe_revision,
    "DescribeTopic": topics.describe,
    "DescribeTopicPartitions": topics.partitions,
    "GetBootstrapBrokers": clusters.bootstrap,
    "GetClusterPolicy": policies.get,
    "GetCompatibleKafkaVersions": versions.compatible,
    "ListClusterOperations": updates.listed,
    "ListClusters": clusters.listed,
    "ListClustersV2": clusters.listed_v2,
    "ListConfigurationRevisions": configurations.revisions,
    "ListConfigurations": configurations.listed,
    "ListKafkaVersions": versions.listed,
    "ListNodes": clusters.nodes,
    "ListScramSecrets": lambda request: {"SecretArnList": state.cluster(request) and []},
    "ListTagsForResource": policies.tags,
    "ListTopics": topics.listed,
    "PutClusterPolicy": policies.put,
    "TagResource": policies.tag,
    "UntagResource": policies.untag,
    "UpdateConfiguration": configurations.update,
    "UpdateTopic": topics.update,
    **updates.HANDLERS,
}


def install() -> None:
    """Add the service: routing, IAM, persistence, and brokers that come back and end with the server."""
    from ministack.core import iam_evaluator
    from ministack.services import msk

    rest_json.mount(NAME, OPERATIONS, resource=resource)
    msk.cluster_policy_for_arn = policies.of_arn
    iam_evaluator._RESOURCE_POLICY_LOOKUPS[NAME] = ("msk", "cluster_policy_for_arn")
    _ask_kafkas_own_actions()
    persistence.register("aws-msk", state.save, _load)
    brokers.watch()
    measures.watch()
    shutdown.register(brokers.stop_all)


def _load(saved: dict[str, Any]) -> None:
    state.load(saved)
    when_serving.run(brokers.resume_all)


def resource(path: str) -> str | None:
    """The ARN that a request's path names.

    Example:
        >>> resource("/v1/clusters/arn:aws:kafka:r:000000000000:cluster/shop/0a-1/bootstrap-brokers")
        'arn:aws:kafka:r:000000000000:cluster/shop/0a-1'
    """
    found = _ARN.search(path)
    return found[0] if found else None


def _ask_kafkas_own_actions() -> None:
    """Topic operations need no `kafka:*`: kafka-cluster:Connect here, the topic's own action in the handler."""
    from ministack.core import iam_actions

    old = hooks.replace(iam_actions, "extract_iam_action", None)

    def extract(service: str, method: str, path: str, *rest: Any, **named: Any) -> Any:
        if service == NAME and _TOPICS.match(unquote(path)):
            return "kafka-cluster:Connect"
        return old(service, method, path, *rest, **named)

    iam_actions.extract_iam_action = extract

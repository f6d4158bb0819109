"""The cluster's own policy: a second lock, which no role's policy opens.

Who may write and read which topic stands in the policies of roles, and here once more as a refusal to everybody else:
a role with rights too many, or a person with all of Kafka's, still reads nothing.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_msk as msk
from constructs import Construct

from data_platform.streaming.arns import topic_arn

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# https://docs.aws.amazon.com/msk/latest/developerguide/security_iam_service-with-iam-resource-based-policies.html
MOST_BYTES = 20 * 1024
# A deployed ARN may be so long; in the template it is a reference.
_LONGEST_ARN = f"arn:aws:kafka:ap-southeast-2:111111111111:cluster/{'c' * 64}/{'0' * 36}-25"
_MAKE = (
    "kafka-cluster:AlterTopic",
    "kafka-cluster:AlterTopicDynamicConfiguration",
    "kafka-cluster:CreateTopic",
)


class ClusterPolicyTooLargeError(ValueError):
    """The policy of a cluster is longer than MSK takes."""


@dataclass(frozen=True, kw_only=True)
class TopicAccess:
    """Who may use a topic; nobody else may, whatever their own policies say.

    Args:
        topic: Name of the topic.
        writers: ARNs of the roles that may write.
        readers: ARNs of the roles that may read; nobody when there are none.
    """

    topic: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]


class ClusterPolicy(Construct):
    """The resource policy of a cluster of Express or Standard brokers.

    It allows nothing; it refuses writing and reading to all but the named roles, changes of topics to all but who makes
    them, and the deletion of a topic to everybody: whoever means it takes this policy away first.

    Args:
        scope: The construct that owns the policy.
        construct_id: Name within its scope.
        cluster_arn: The cluster.
        prefix: Starts the names of all topics that are made as code; others are of no concern here.
        access: Who may use which topic.
        makers: ARNs of the roles that make and change topics, such as the deployment's.

    Raises:
        ClusterPolicyTooLargeError: when it has more bytes than MSK takes.

    Example:
        >>> import aws_cdk as cdk
        >>> arn = "arn:aws:kafka:ap-southeast-2:111111111111:cluster/a/b"
        >>> access = TopicAccess(topic="retail.orders.v1", writers=("arn:aws:iam::111111111111:role/capture",),
        ...                      readers=("arn:aws:iam::111111111111:role/load",))
        >>> made = ClusterPolicy(cdk.Stack(), "Policy", cluster_arn=arn, prefix="retail.", access=[access], makers=[])
        >>> [statement["Sid"] for statement in made.resource.policy["Statement"]]
        ['OnlyWriters1', 'OnlyReaders1', 'OnlyMakers', 'NobodyDeletes']
    """

    resource: msk.CfnClusterPolicy

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster_arn: str,
        prefix: str,
        access: Sequence[TopicAccess],
        makers: Sequence[str],
    ) -> None:
        super().__init__(scope, construct_id)
        _require_size(_document(_LONGEST_ARN, prefix, access, makers))
        document = _document(cluster_arn, prefix, access, makers)
        self.resource = msk.CfnClusterPolicy(self, "Resource", cluster_arn=cluster_arn, policy=document)


def _document(cluster_arn: str, prefix: str, access: Sequence[TopicAccess], makers: Sequence[str]) -> Any:
    # A refusal may have a wildcard: it then refuses more. What Connect makes for itself has another prefix.
    every = [topic_arn(cluster_arn, f"{prefix}*")]
    statements = [
        *_only("Writers", "kafka-cluster:WriteData", cluster_arn, [(a.writers, a.topic) for a in access]),
        *_only("Readers", "kafka-cluster:ReadData", cluster_arn, [(a.readers, a.topic) for a in access]),
        _refuse("OnlyMakers", _MAKE, every, besides=makers),
        _refuse("NobodyDeletes", ("kafka-cluster:DeleteTopic",), every, besides=()),
    ]
    return iam.PolicyDocument(statements=statements).to_json()


def _only(
    who: str, action: str, cluster_arn: str, given: Iterable[tuple[tuple[str, ...], str]]
) -> list[iam.PolicyStatement]:
    """One refusal for all topics of the same roles."""
    topics: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for roles, topic in given:
        topics[tuple(sorted(roles))].append(topic)
    return [
        _refuse(
            f"Only{who}{number}", (action,), [topic_arn(cluster_arn, name) for name in names], besides=roles
        )
        for number, (roles, names) in enumerate(topics.items(), start=1)
    ]


def _refuse(
    sid: str, actions: Sequence[str], resources: Sequence[str], *, besides: Sequence[str]
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=sid,
        effect=iam.Effect.DENY,
        principals=[iam.StarPrincipal()],
        actions=list(actions),
        resources=list(resources),
        conditions={"ArnNotEquals": {"aws:PrincipalArn": sorted(besides)}} if besides else None,
    )


def _require_size(document: object) -> None:
    size = len(json.dumps(document, separators=(",", ":")))
    if size > MOST_BYTES:
        raise ClusterPolicyTooLargeError(
            f"streaming/cluster_policy.py: the policy has up to {size:,} bytes; MSK takes {MOST_BYTES:,}. "
            "Mend: give the domain fewer streams, or split it in two."
        )

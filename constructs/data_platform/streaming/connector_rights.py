"""What a connector may do beside writing its topics: keep its place, register how its rows look, read its login."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from data_platform.streaming.arns import group_arn, topic_arn
from data_platform.streaming.connect_plugin import offsets_topic
from data_platform.streaming.connector_configuration import log_reader, schema_history

if TYPE_CHECKING:
    from collections.abc import Sequence

_DESCRIBE = "kafka-cluster:DescribeTopic"
_KEEP = (
    "kafka-cluster:CreateTopic",
    _DESCRIBE,
    "kafka-cluster:DescribeTopicDynamicConfiguration",
    "kafka-cluster:ReadData",
    "kafka-cluster:WriteData",
)


def connector_rights(
    cluster_arn: str,
    *,
    unknown: Sequence[str],
    connector: str,
    source: str,
    history: bool,
    registry_arns: Sequence[str],
    secret_arn: str,
    key_arn: str,
) -> list[iam.PolicyStatement]:
    """The rights of a connector beside those of a producer.

    MSK Connect gives its own topics and groups an id that nobody knows before the connector is there: their names end
    in a wildcard, and `unknown_names` tells them. https://docs.aws.amazon.com/msk/latest/developerguide/msk-connect-service-execution-role.html

    Args:
        cluster_arn: The cluster.
        unknown: What `unknown_names` says.
        connector: Its public name.
        source: What it reads.
        history: Whether Debezium keeps a memory of its tables in a topic: for MySQL.
        registry_arns: The registry, and the subjects of these topics.
        secret_arn: Its login.
        key_arn: The key of the login.

    Example:
        >>> arn = "arn:aws:kafka:ap-southeast-2:111111111111:cluster/a/b"
        >>> made = connector_rights(arn, unknown=[], connector="c", source="shop", history=False,
        ...                         registry_arns=["arn:r"], secret_arn="arn:s", key_arn="arn:k")
        >>> [each.sid for each in made]
        ['SeeCluster', 'KeepItsPlace', 'JoinItsWorkers', 'RegisterSchemas', 'ReadLogin', 'DecryptLogin']
    """
    kept, groups = [offsets_topic(connector)], []
    if history:
        kept.append(schema_history(connector))
        groups.append(f"{log_reader(source)}-schemahistory")
    own_topics = [arn for arn in unknown if ":topic/" in arn]
    own_groups = [arn for arn in unknown if ":group/" in arn]
    return [
        _allow("SeeCluster", "kafka-cluster:DescribeCluster", on=[cluster_arn]),
        _allow("KeepItsPlace", *_KEEP, on=[*_topics(cluster_arn, kept), *own_topics]),
        _allow(
            "JoinItsWorkers",
            "kafka-cluster:AlterGroup",
            "kafka-cluster:DescribeGroup",
            on=[*(group_arn(cluster_arn, group) for group in groups), *own_groups],
        ),
        _allow(
            "RegisterSchemas",
            "glue:GetSchemaByDefinition",
            "glue:GetSchemaVersion",
            "glue:PutSchemaVersionMetadata",
            "glue:RegisterSchemaVersion",
            on=registry_arns,
        ),
        _allow("ReadLogin", "secretsmanager:GetSecretValue", on=[secret_arn]),
        _allow("DecryptLogin", "kms:Decrypt", on=[key_arn]),
    ]


def unknown_names(connector: str, *, cluster: str, region: str, account: str) -> list[str]:
    """What MSK Connect makes for a connector and names itself: ARNs with wildcards for ids of cluster and connector.

    Args:
        connector: Its public name.
        cluster: Name of the cluster.
        region: Where it is.
        account: Whose it is.

    Example:
        >>> unknown_names("c", cluster="s", region="ap-southeast-2", account="111111111111")[0]
        'arn:aws:kafka:ap-southeast-2:111111111111:topic/s/*/__amazon_msk_connect_configs_c_*'
    """
    place = f"arn:aws:kafka:{region}:{account}"
    return [
        *(
            f"{place}:topic/{cluster}/*/__amazon_msk_connect_{kind}_{connector}_*"
            for kind in ("configs", "status")
        ),
        f"{place}:group/{cluster}/*/__amazon_msk_connect_*",
        f"{place}:group/{cluster}/*/connect-{connector}*",
    ]


def _topics(cluster_arn: str, names: Sequence[str]) -> list[str]:
    return [topic_arn(cluster_arn, name) for name in names]


def _allow(sid: str, *actions: str, on: Sequence[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, actions=list(actions), resources=list(on))

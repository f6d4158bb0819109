"""What a connector may do beside writing its topics: keep its place, register how its rows look, read its login."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from data_platform.streaming.arns import topic_arn
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
    own: Sequence[str], *, cluster_arn: str, registry_arns: Sequence[str], secret_arn: str, key_arn: str
) -> list[iam.PolicyStatement]:
    """The rights of a connector beside those of a producer, and beside those to keep its place (`place_rights`).

    Args:
        own: What `own_names` says.
        cluster_arn: The cluster.
        registry_arns: The registry, and the subjects of its topics.
        secret_arn: Its login.
        key_arn: The key of the login.

    Example:
        >>> arn = "arn:aws:kafka:ap-southeast-2:111111111111:cluster/a/b"
        >>> made = connector_rights(["arn:aws:kafka:r:1:topic/a"], cluster_arn=arn, registry_arns=["arn:r"],
        ...                         secret_arn="arn:s", key_arn="arn:k")
        >>> [each.sid for each in made]
        ['SeeCluster', 'TellItsWorkers', 'JoinItsWorkers', 'RegisterSchemas', 'ReadLogin', 'DecryptLogin']
    """
    return [
        _allow("SeeCluster", "kafka-cluster:DescribeCluster", on=[cluster_arn]),
        _allow("TellItsWorkers", *_KEEP, on=[arn for arn in own if ":topic/" in arn]),
        _allow(
            "JoinItsWorkers",
            "kafka-cluster:AlterGroup",
            "kafka-cluster:DescribeGroup",
            on=[arn for arn in own if ":group/" in arn],
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


def place_rights(cluster_arn: str, connector: str, *, history: bool) -> iam.PolicyStatement:
    """The right to the topics in which a connector keeps how far it has read: their names are known, and exact here.

    Args:
        cluster_arn: The cluster.
        connector: Its public name.
        history: Whether Debezium keeps a memory of its tables in a topic: for MySQL.

    Example:
        >>> arn = "arn:aws:kafka:ap-southeast-2:111111111111:cluster/a/b"
        >>> place_rights(arn, "c", history=False).resources
        ['arn:aws:kafka:ap-southeast-2:111111111111:topic/a/b/__amazon_msk_connect_offsets_c']
    """
    topics = [offsets_topic(connector), *([schema_history(connector)] if history else [])]
    return _allow("KeepItsPlace", *_KEEP, on=[topic_arn(cluster_arn, topic) for topic in topics])


def own_names(
    connector: str, *, source: str, history: bool, cluster: str, region: str, account: str
) -> list[str]:
    """The topics and groups that MSK Connect makes for a connector: ARNs, with wildcards for what nobody knows before.

    That is the id of the cluster, and the id that MSK Connect gives a connector.
    https://docs.aws.amazon.com/msk/latest/developerguide/msk-connect-service-execution-role.html

    Args:
        connector: Its public name.
        source: What it reads.
        history: Whether Debezium keeps a memory of its tables in a topic: for MySQL.
        cluster: Name of the cluster.
        region: Where it is.
        account: Whose it is.

    Example:
        >>> own_names("c", source="shop", history=False, cluster="s", region="ap-southeast-2", account="1")[0]
        'arn:aws:kafka:ap-southeast-2:1:topic/s/*/__amazon_msk_connect_*_c_*'
    """
    place = f"arn:aws:kafka:{region}:{account}"
    # Those of its configuration and of its state.
    topics = [f"__amazon_msk_connect_*_{connector}_*"]
    groups = [
        # Its workers find each other in it; a group `connect-<name>` have connectors that read topics.
        f"__amazon_msk_connect_cluster_{connector}_*",
        *([f"{log_reader(source)}-schemahistory"] if history else []),
    ]
    return [
        *(f"{place}:topic/{cluster}/*/{topic}" for topic in topics),
        *(f"{place}:group/{cluster}/*/{group}" for group in groups),
    ]


def _allow(sid: str, *actions: str, on: Sequence[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, actions=list(actions), resources=list(on))

"""Topics by the MSK API: really made, changed and deleted in Kafka by an admin client."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from local.services.msk import brokers, rights, state
from local.services.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

Request = dict[str, Any]
_SECONDS = 30
_MOST_REPLICAS = 3
# One broker has one replica: what asks for more is kept beside Kafka and told as it was asked for.
_OF_SEVERAL = "min.insync.replicas"
_INTERNAL = "__"


def create(request: Request) -> Request:
    """CreateTopic."""
    from confluent_kafka.admin import NewTopic  # type: ignore[attr-defined]

    found, name = _cluster(request), request["TopicName"]
    rights.require("kafka-cluster:CreateTopic", state.topic_arn(found["ClusterArn"], name))
    replicas = int(request["ReplicationFactor"])
    if not 1 <= replicas <= min(_MOST_REPLICAS, int(found["Provisioned"]["NumberOfBrokerNodes"])):
        raise Refusal(
            "BadRequestException",
            f"ReplicationFactor {replicas} is not possible with "
            f"{found['Provisioned']['NumberOfBrokerNodes']} brokers.",
        )
    configs = decoded(request.get("Configs"))
    admin = _admin(found)
    new = NewTopic(name, int(request["PartitionCount"]), 1, config=_for_kafka(configs))
    _done(admin.create_topics([new], operation_timeout=_SECONDS), name)
    found["Topics"][name] = {"ReplicationFactor": replicas, "Configs": configs}
    return _answer(found, name, "CREATING")


def describe(request: Request) -> Request:
    """DescribeTopic: partitions and configs as Kafka has them."""
    found, name = _cluster(request), request["TopicName"]
    for action in ("DescribeTopic", "DescribeTopicDynamicConfiguration"):
        rights.require(f"kafka-cluster:{action}", state.topic_arn(found["ClusterArn"], name))
    metadata = _metadata(found, name)
    return {
        **_answer(found, name, "ACTIVE"),
        "PartitionCount": len(metadata.partitions),
        "ReplicationFactor": _replicas(found, name),
        "Configs": encoded({**_dynamic(found, name), **_kept(found, name)}),
    }


def partitions(request: Request) -> Request:
    """DescribeTopicPartitions."""
    found, name = _cluster(request), request["TopicName"]
    rights.require("kafka-cluster:DescribeTopic", state.topic_arn(found["ClusterArn"], name))
    told = [
        {"Partition": one.id, "Leader": one.leader, "Replicas": list(one.replicas), "Isr": list(one.isrs)}
        for one in sorted(_metadata(found, name).partitions.values(), key=lambda one: one.id)
    ]
    return state.page(told, request, "Partitions")


def update(request: Request) -> Request:
    """UpdateTopic: configs or the number of partitions, not both at once."""
    from confluent_kafka.admin import NewPartitions  # type: ignore[attr-defined]

    found, name = _cluster(request), request["TopicName"]
    configs, count = request.get("Configs"), request.get("PartitionCount")
    if (configs is None) == (count is None):
        raise Refusal("BadRequestException", "Give either Configs or PartitionCount.")
    action = "AlterTopicDynamicConfiguration" if count is None else "AlterTopic"
    rights.require(f"kafka-cluster:{action}", state.topic_arn(found["ClusterArn"], name))
    metadata = _metadata(found, name)
    if count is not None:
        if int(count) <= len(metadata.partitions):
            raise Refusal(
                "BadRequestException",
                f"PartitionCount must be greater than the {len(metadata.partitions)} that {name} has.",
            )
        admin = _admin(found)
        _done(admin.create_partitions([NewPartitions(name, int(count))], operation_timeout=_SECONDS), name)
    else:
        _alter(found, name, decoded(configs))
    return _answer(found, name, "UPDATING")


def _alter(found: Request, name: str, wanted: dict[str, str]) -> None:
    """Set what is given; what a topic has and the request does not name goes back to the cluster's default."""
    from confluent_kafka.admin import (  # type: ignore[attr-defined]
        AlterConfigOpType,
        ConfigEntry,
        ConfigResource,
        ResourceType,
    )

    in_kafka = _for_kafka(wanted)
    entries = [
        ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
        for key, value in in_kafka.items()
    ]
    entries += [
        ConfigEntry(key, None, incremental_operation=AlterConfigOpType.DELETE)
        for key in _dynamic(found, name)
        if key not in in_kafka
    ]
    admin = _admin(found)
    if entries:
        resource = ConfigResource(ResourceType.TOPIC, name, incremental_configs=entries)
        _done(admin.incremental_alter_configs([resource], request_timeout=_SECONDS), name)
    kept = found["Topics"].setdefault(name, {"ReplicationFactor": 1})
    kept["Configs"] = wanted


def delete(request: Request) -> Request:
    """DeleteTopic, with all of its records."""
    found, name = _cluster(request), request["TopicName"]
    rights.require("kafka-cluster:DeleteTopic", state.topic_arn(found["ClusterArn"], name))
    _metadata(found, name)
    admin = _admin(found)
    _done(admin.delete_topics([name], operation_timeout=_SECONDS), name)
    found["Topics"].pop(name, None)
    return _answer(found, name, "DELETING")


def listed(request: Request) -> Request:
    """ListTopics: those that Kafka has, whoever made them, without its own."""
    found, begin = _cluster(request), request.get("TopicNameFilter") or ""
    admin = _admin(found)
    told = [
        {
            "TopicArn": state.topic_arn(found["ClusterArn"], name),
            "TopicName": name,
            "PartitionCount": len(one.partitions),
            "ReplicationFactor": _replicas(found, name),
            "OutOfSyncReplicaCount": sum(len(p.replicas) - len(p.isrs) for p in one.partitions.values()),
        }
        for name, one in sorted(admin.list_topics(timeout=_SECONDS).topics.items())
        if name.startswith(begin) and not name.startswith(_INTERNAL)
    ]
    return state.page(told, request, "Topics")


def encoded(configs: Mapping[str, str]) -> str:
    """Topic configs as the API carries them: base64 of a JSON object.

    Example:
        >>> decoded(encoded({"retention.ms": "1000"}))
        {'retention.ms': '1000'}
    """
    return base64.b64encode(json.dumps(dict(configs), sort_keys=True).encode()).decode()


def decoded(configs: str | None) -> dict[str, str]:
    """The configs of a request: base64 of a JSON object, or of `name=value` lines.

    Raises:
        Refusal: `BadRequestException` when it is neither.
    """
    if not configs:
        return {}
    try:
        text = base64.b64decode(configs, validate=True).decode()
        if not text.lstrip().startswith("{"):
            lines = [line.partition("=") for line in text.splitlines() if line.strip()]
            return {name.strip(): value.strip() for name, _, value in lines}
        found = json.loads(text)
    except (binascii.Error, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Refusal("BadRequestException", f"Configs is no base64 of a JSON object: {error}.") from error
    return {str(name): str(value) for name, value in found.items()}


def _for_kafka(configs: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in configs.items() if name != _OF_SEVERAL}


def _kept(found: Request, name: str) -> dict[str, str]:
    configs = (found["Topics"].get(name) or {}).get("Configs") or {}
    return {key: value for key, value in configs.items() if key == _OF_SEVERAL}


def _replicas(found: Request, name: str) -> int:
    return int((found["Topics"].get(name) or {}).get("ReplicationFactor", 1))


def _cluster(request: Request) -> Request:
    found = state.cluster(request)
    if found["ClusterType"] == "SERVERLESS":
        raise Refusal("BadRequestException", "Topic operations are for provisioned clusters.")
    if found["State"] != "ACTIVE":
        raise Refusal("BadRequestException", f"The cluster is {found['State']}; it must be ACTIVE.")
    return found


def _admin(found: Request) -> Any:
    """An admin client; who lets go of it forgets what it was asked, so keep it until the answer is there."""
    from confluent_kafka.admin import AdminClient

    running = brokers.find(found)
    if running is None:
        raise Refusal("ServiceUnavailableException", "The broker starts; try again.", 503)
    return AdminClient(dict(running.broker.client()))


def _metadata(found: Request, name: str) -> Any:
    admin = _admin(found)
    one = admin.list_topics(timeout=_SECONDS).topics.get(name)
    if one is None:
        raise Refusal("NotFoundException", f"The topic {name} does not exist.", 404)
    return one


def _dynamic(found: Request, name: str) -> dict[str, str]:
    """The configs that were set for a topic, without the cluster's defaults."""
    from confluent_kafka.admin import (  # type: ignore[attr-defined]
        ConfigResource,
        ConfigSource,
        ResourceType,
    )

    admin = _admin(found)
    [future] = admin.describe_configs([ConfigResource(ResourceType.TOPIC, name)]).values()
    return {
        key: str(entry.value)
        for key, entry in future.result(_SECONDS).items()
        if entry.source == ConfigSource.DYNAMIC_TOPIC_CONFIG.value
    }


def _done(futures: Mapping[Any, Any], name: str) -> None:
    from confluent_kafka import KafkaException

    for future in futures.values():
        try:
            future.result(_SECONDS)
        except KafkaException as error:
            told = error.args[0]
            if told.name() == "TOPIC_ALREADY_EXISTS":
                raise Refusal("TopicExistsException", f"The topic {name} already exists.", 409) from error
            raise Refusal("BadRequestException", f"Kafka refuses {name}: {told.str()}") from error


def _answer(found: Request, name: str, status: str) -> Request:
    return {"TopicArn": state.topic_arn(found["ClusterArn"], name), "TopicName": name, "Status": status}

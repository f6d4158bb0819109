"""AWS::MSK::Cluster, ServerlessCluster, Configuration, Topic and ClusterPolicy, through the API that a client uses.

A stack waits for the real broker; a topic of a template is a topic of Kafka.
"""

from __future__ import annotations

import json
import time
from typing import Any

from local.cloudformation import msk_updates
from local.cloudformation.registry import register
from local.cloudformation.typed import typed

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]

_WAIT_SECONDS = 600
_POLL_SECONDS = 0.2
_CLUSTER = (
    ("ClusterName",),
    ("BrokerNodeGroupInfo", "BrokerAZDistribution"),
    ("BrokerNodeGroupInfo", "ClientSubnets"),
    ("BrokerNodeGroupInfo", "SecurityGroups"),
    ("EncryptionInfo", "EncryptionAtRest"),
    ("EncryptionInfo", "EncryptionInTransit", "InCluster"),
)
_TOPIC = ("ClusterArn", "TopicName", "ReplicationFactor")


def install() -> None:
    """Register the types."""
    for name, create, update, delete in (
        ("Cluster", _create, _update, _delete),
        ("ServerlessCluster", _create_serverless, _update_serverless, _delete),
        ("Configuration", _create_configuration, _update_configuration, _delete_configuration),
        ("Topic", _create_topic, _update_topic, _delete_topic),
        ("ClusterPolicy", _create_policy, _update_policy, _delete_policy),
    ):
        register(f"AWS::MSK::{name}", create=create, update=update, delete=delete)


def _client() -> Any:
    from local import identity

    return identity.client(identity.root_session(), "kafka")


def _call(operation: str, given: Properties) -> Any:
    """Call an operation with a template's properties as its model spells and types them."""
    client = _client()
    method = next(m for m, name in client.meta.method_to_api_mapping.items() if name == operation)
    shape = client.meta.service_model.operation_model(operation).input_shape
    return getattr(client, method)(**typed(given, shape))


# --- clusters -----------------------------------------------------------------------------------------------


def _create(_logical_id: str, props: Properties, _stack_name: str) -> Made:
    given = {name: value for name, value in props.items() if name not in ("ClusterName", "Tags")}
    request = {"ClusterName": props["ClusterName"], "Tags": props.get("Tags") or {}, "Provisioned": given}
    return _created(request)


def _create_serverless(_logical_id: str, props: Properties, _stack_name: str) -> Made:
    configs = [
        {"SubnetIds": one["SubnetIds"], "SecurityGroupIds": one.get("SecurityGroups") or []}
        for one in props["VpcConfigs"]
    ]
    serverless = {"VpcConfigs": configs, "ClientAuthentication": props["ClientAuthentication"]}
    return _created(
        {"ClusterName": props["ClusterName"], "Tags": props.get("Tags") or {}, "Serverless": serverless}
    )


def _created(request: Properties) -> Made:
    arn = str(_call("CreateClusterV2", request)["ClusterArn"])
    try:
        return arn, _attributes(_active(arn))
    except ValueError:  # a resource that fails is none of the stack's: nothing else would delete it
        _client().delete_cluster(ClusterArn=arn)
        raise


def _active(arn: str) -> Properties:
    """Wait for the broker.

    Raises:
        ValueError: It does not run; the text says why.
    """
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        found = dict(_client().describe_cluster_v2(ClusterArn=arn)["ClusterInfo"])
        if found["State"] == "ACTIVE":
            return found
        if found["State"] == "FAILED" or time.monotonic() > deadline:
            why = (found.get("StateInfo") or {}).get("Message", "it did not get ready in time")
            raise ValueError(f"The MSK cluster {found['ClusterName']} is {found['State']}: {why}")
        time.sleep(_POLL_SECONDS)


def _attributes(found: Properties) -> Properties:
    return {"Arn": found["ClusterArn"], "CurrentVersion": found["CurrentVersion"]}


def _update(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
    only = [".".join(path) for path in _CLUSTER if msk_updates.at(old, path) != msk_updates.at(new, path)]
    if only:
        _refuse_same_name(physical_id, old, new, only)
        return _create(physical_id, new, stack_name)
    for operation, given in msk_updates.between(old, new):
        version = _active(physical_id)["CurrentVersion"]
        done = _call(operation, {"ClusterArn": physical_id, "CurrentVersion": version, **given})
        _active(physical_id)
        _require_complete(done["ClusterOperationArn"])
    _tag(physical_id, old, new)
    return physical_id, _attributes(_active(physical_id))


def _refuse_same_name(physical_id: str, old: Properties, new: Properties, only: list[str]) -> None:
    if old["ClusterName"] == new["ClusterName"]:
        raise ValueError(
            "CloudFormation cannot update a stack when a custom-named resource requires replacing "
            f"({', '.join(only)} changed). Rename {physical_id} and update the stack again."
        )


def _require_complete(operation: str) -> None:
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        found = _client().describe_cluster_operation(ClusterOperationArn=operation)["ClusterOperationInfo"]
        if found["OperationState"] == "UPDATE_COMPLETE":
            return
        if found["OperationState"] == "UPDATE_FAILED" or time.monotonic() > deadline:
            raise ValueError(
                f"{found['OperationType']}: {(found.get('ErrorInfo') or {}).get('ErrorString', '')}"
            )
        time.sleep(_POLL_SECONDS)


def _tag(arn: str, old: Properties, new: Properties) -> None:
    before, after = old.get("Tags") or {}, new.get("Tags") or {}
    gone = sorted(before.keys() - after.keys())
    if gone:
        _client().untag_resource(ResourceArn=arn, TagKeys=gone)
    if after and after != before:
        _client().tag_resource(ResourceArn=arn, Tags=after)


def _update_serverless(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
    """Everything of it is create-only."""
    _refuse_same_name(
        physical_id, old, new, [name for name in {*old, *new} if old.get(name) != new.get(name)]
    )
    return _create_serverless(physical_id, new, stack_name)


def _delete(physical_id: str, _: Properties) -> None:
    client = _client()
    try:
        client.delete_cluster(ClusterArn=physical_id)
        deadline = time.monotonic() + _WAIT_SECONDS
        while time.monotonic() < deadline:
            client.describe_cluster_v2(ClusterArn=physical_id)
            time.sleep(_POLL_SECONDS)
    except client.exceptions.NotFoundException:
        return


# --- configurations -----------------------------------------------------------------------------------------


def _create_configuration(_logical_id: str, props: Properties, _stack_name: str) -> Made:
    request = {**props, "KafkaVersions": props.get("KafkaVersionsList") or []}
    request.pop("KafkaVersionsList", None)
    arn = str(_call("CreateConfiguration", request)["Arn"])
    return arn, _configuration_attributes(arn)


def _configuration_attributes(arn: str) -> Properties:
    latest = _client().describe_configuration(Arn=arn)["LatestRevision"]
    return {
        "Arn": arn,
        "LatestRevision.Revision": int(latest["Revision"]),
        "LatestRevision.CreationTime": str(latest["CreationTime"]),
        "LatestRevision.Description": latest.get("Description", ""),
    }


def _update_configuration(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
    if any(old.get(name) != new.get(name) for name in ("Name", "KafkaVersionsList")):
        return _create_configuration(physical_id, new, stack_name)
    request = {name: new.get(name) for name in ("Description", "ServerProperties")}
    _call("UpdateConfiguration", {"Arn": physical_id, **request})
    return physical_id, _configuration_attributes(physical_id)


def _delete_configuration(physical_id: str, _: Properties) -> None:
    client = _client()
    try:
        client.delete_configuration(Arn=physical_id)
    except client.exceptions.NotFoundException:
        return


# --- topics -------------------------------------------------------------------------------------------------


def _create_topic(_logical_id: str, props: Properties, _stack_name: str) -> Made:
    arn = str(_call("CreateTopic", props)["TopicArn"])
    return arn, {"TopicArn": arn}


def _update_topic(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
    if any(old.get(name) != new.get(name) for name in _TOPIC):
        return _create_topic(physical_id, new, stack_name)
    changed = [name for name in ("Configs", "PartitionCount") if old.get(name) != new.get(name)]
    if len(changed) > 1:
        raise ValueError(
            f"{new['TopicName']}: UpdateTopic takes Configs or PartitionCount, and both changed. "
            "Change one, deploy, then change the other."
        )
    for name in changed:
        empty = "" if name == "Configs" else None
        given = {"ClusterArn": new["ClusterArn"], "TopicName": new["TopicName"], name: new.get(name, empty)}
        _call("UpdateTopic", given)
    return physical_id, {"TopicArn": physical_id}


def _delete_topic(_physical_id: str, props: Properties) -> None:
    client = _client()
    try:
        client.delete_topic(ClusterArn=props["ClusterArn"], TopicName=props["TopicName"])
    except client.exceptions.NotFoundException:
        return


# --- policies -----------------------------------------------------------------------------------------------


def _create_policy(_logical_id: str, props: Properties, _stack_name: str) -> Made:
    policy = props["Policy"] if isinstance(props["Policy"], str) else json.dumps(props["Policy"])
    told = _client().put_cluster_policy(ClusterArn=props["ClusterArn"], Policy=policy)
    return str(props["ClusterArn"]), {"CurrentVersion": told["CurrentVersion"]}


def _update_policy(physical_id: str, _old: Properties, new: Properties, stack_name: str) -> Made:
    return _create_policy(physical_id, new, stack_name)


def _delete_policy(physical_id: str, _: Properties) -> None:
    client = _client()
    try:
        client.delete_cluster_policy(ClusterArn=physical_id)
    except client.exceptions.NotFoundException:
        return

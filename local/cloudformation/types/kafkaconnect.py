"""AWS::KafkaConnect::CustomPlugin, WorkerConfiguration and Connector: the stack waits until the connector runs."""

from __future__ import annotations

import time
from typing import Any

from local.cloudformation.registry import register
from local.cloudformation.typed import typed

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]

_WAIT_SECONDS = 600
_POLL_SECONDS = 0.3
_CONNECTOR_ONLY = (
    *("ConnectorDescription", "ConnectorName", "KafkaCluster", "KafkaClusterClientAuthentication"),
    *("KafkaClusterEncryptionInTransit", "KafkaConnectVersion", "LogDelivery", "Plugins"),
    *("ServiceExecutionRoleArn", "WorkerConfiguration", "NetworkType"),
)
_PLUGIN_ONLY = ("Name", "Description", "ContentType", "Location")
_WORKER_ONLY = ("Name", "Description", "PropertiesFileContent")


def install() -> None:
    """Register the types."""
    for name, create, update, delete in (
        ("CustomPlugin", _create_plugin, _update_plugin, _delete_plugin),
        ("WorkerConfiguration", _create_worker, _update_worker, _delete_worker),
        ("Connector", _create_connector, _update_connector, _delete_connector),
    ):
        register(f"AWS::KafkaConnect::{name}", create=create, update=update, delete=delete)


def _client() -> Any:
    from local import identity

    return identity.client(identity.root_session(), "kafkaconnect")


def _call(operation: str, props: Properties) -> Any:
    client = _client()
    method = next(m for m, name in client.meta.method_to_api_mapping.items() if name == operation)
    shape = client.meta.service_model.operation_model(operation).input_shape
    tags = {one["Key"]: one["Value"] for one in props.get("Tags") or []}
    given = {name: value for name, value in props.items() if name != "Tags"}
    return getattr(client, method)(**typed({**given, **({"tags": tags} if tags else {})}, shape))


def _tag(arn: str, old: Properties, new: Properties) -> None:
    before, after = ({one["Key"]: one["Value"] for one in props.get("Tags") or []} for props in (old, new))
    gone = sorted(before.keys() - after.keys())
    if gone:
        _client().untag_resource(resourceArn=arn, tagKeys=gone)
    if after and after != before:
        _client().tag_resource(resourceArn=arn, tags=after)


def _changed(old: Properties, new: Properties, names: tuple[str, ...]) -> bool:
    return any(old.get(name) != new.get(name) for name in names)


def _create_plugin(_logical_id: str, props: Properties, _stack_name: str) -> Made:
    arn = str(_call("CreateCustomPlugin", props)["customPluginArn"])
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        found = _client().describe_custom_plugin(customPluginArn=arn)
        if found["customPluginState"] == "ACTIVE":
            break
        if found["customPluginState"] == "CREATE_FAILED" or time.monotonic() > deadline:
            why = (found.get("stateDescription") or {}).get("message", "")
            _client().delete_custom_plugin(customPluginArn=arn)
            raise ValueError(f"The plug-in {props['Name']} is {found['customPluginState']}: {why}")
        time.sleep(_POLL_SECONDS)
    file = found["latestRevision"]["fileDescription"]
    described = {"FileDescription.FileMd5": file["fileMd5"], "FileDescription.FileSize": file["fileSize"]}
    return arn, {"CustomPluginArn": arn, "Revision": int(found["latestRevision"]["revision"]), **described}


def _update_plugin(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
    if _changed(old, new, _PLUGIN_ONLY):
        return _create_plugin(physical_id, new, stack_name)
    _tag(physical_id, old, new)
    return physical_id, {"CustomPluginArn": physical_id, "Revision": 1}


def _delete_plugin(physical_id: str, _: Properties) -> None:
    client = _client()
    try:
        client.delete_custom_plugin(customPluginArn=physical_id)
    except client.exceptions.NotFoundException:
        return


def _create_worker(_logical_id: str, props: Properties, _stack_name: str) -> Made:
    arn = str(_call("CreateWorkerConfiguration", props)["workerConfigurationArn"])
    return arn, {"WorkerConfigurationArn": arn, "Revision": 1}


def _update_worker(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
    if _changed(old, new, _WORKER_ONLY):
        return _create_worker(physical_id, new, stack_name)
    _tag(physical_id, old, new)
    return physical_id, {"WorkerConfigurationArn": physical_id, "Revision": 1}


def _delete_worker(physical_id: str, _: Properties) -> None:
    client = _client()
    try:
        client.delete_worker_configuration(workerConfigurationArn=physical_id)
    except client.exceptions.NotFoundException:
        return


def _create_connector(_logical_id: str, props: Properties, _stack_name: str) -> Made:
    arn = str(_call("CreateConnector", props)["connectorArn"])
    try:
        _running(arn)
    except ValueError:  # a resource that fails is none of the stack's: nothing else would delete it
        _delete_connector(arn, props)
        raise
    return arn, {"ConnectorArn": arn}


def _running(arn: str) -> Properties:
    """Wait for the connector and all of its tasks.

    Raises:
        ValueError: It does not run; the text says why.
    """
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        found = dict(_client().describe_connector(connectorArn=arn))
        if found["connectorState"] == "RUNNING":
            return found
        if found["connectorState"] == "FAILED" or time.monotonic() > deadline:
            why = (found.get("stateDescription") or {}).get("message", "it did not get ready in time")
            raise ValueError(f"The connector {found['connectorName']} is {found['connectorState']}: {why}")
        time.sleep(_POLL_SECONDS)


def _update_connector(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
    if _changed(old, new, _CONNECTOR_ONLY):
        return _create_connector(physical_id, new, stack_name)
    for name in ("ConnectorConfiguration", "Capacity"):
        if old.get(name) == new.get(name):
            continue
        version = _running(physical_id)["currentVersion"]
        given = {"connectorArn": physical_id, "currentVersion": version, name: new[name]}
        done = _call("UpdateConnector", given)["connectorOperationArn"]
        _running(physical_id)
        found = _client().describe_connector_operation(connectorOperationArn=done)
        if found["connectorOperationState"] != "UPDATE_COMPLETE":
            raise ValueError(f"{new['ConnectorName']}: {(found.get('errorInfo') or {}).get('message', '')}")
    _tag(physical_id, old, new)
    return physical_id, {"ConnectorArn": physical_id}


def _delete_connector(physical_id: str, _: Properties) -> None:
    client = _client()
    try:
        client.delete_connector(connectorArn=physical_id)
        deadline = time.monotonic() + _WAIT_SECONDS
        while time.monotonic() < deadline:
            client.describe_connector(connectorArn=physical_id)
            time.sleep(_POLL_SECONDS)
    except client.exceptions.NotFoundException:
        return

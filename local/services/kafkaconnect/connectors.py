"""Connectors of MSK Connect: made, changed without losing what they have read, restarted and deleted."""

from __future__ import annotations

import copy
import re
import uuid
from typing import TYPE_CHECKING, Any

from local.services.kafkaconnect import state, workers
from local.services.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

Request = dict[str, Any]
_VERSIONS = ("2.7.1", "3.7.x")
_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,128}")
_KEPT = (
    *("capacity", "connectorConfiguration", "connectorDescription", "connectorName", "kafkaCluster"),
    *("kafkaClusterClientAuthentication", "kafkaClusterEncryptionInTransit", "kafkaConnectVersion"),
    *("logDelivery", "networkType", "plugins", "serviceExecutionRoleArn", "workerConfiguration"),
)
_CLASS = "connector.class"


def create(request: Request) -> Request:
    """CreateConnector."""
    name = request["connectorName"]
    _check(request)
    state.require_new(state.connectors, "connectorName", name)
    made: Request = {
        "connectorArn": state.arn("connector", name),
        "connectorState": "CREATING",
        "creationTime": state.now(),
        "currentVersion": _version(),
        "tags": dict(request.get("tags") or {}),
        **{field: copy.deepcopy(request[field]) for field in _KEPT if request.get(field) is not None},
    }
    state.connectors[made["connectorArn"]] = made
    workers.in_background(workers.start, made)
    return {field: made[field] for field in ("connectorArn", "connectorName", "connectorState")}


def _check(request: Request) -> None:
    name, version = request["connectorName"], request["kafkaConnectVersion"]
    if not _NAME.fullmatch(name):
        raise _refused(f"connectorName {name!r} does not match {_NAME.pattern}")
    if version not in _VERSIONS:
        raise _refused(f"kafkaConnectVersion is {version!r}; it must be one of {', '.join(_VERSIONS)}")
    if _CLASS not in request["connectorConfiguration"]:
        raise _refused(f"connectorConfiguration has no {_CLASS}")
    for one in request["plugins"]:
        plugin = state.found(state.plugins, one["customPlugin"]["customPluginArn"])
        if plugin["customPluginState"] != "ACTIVE":
            raise _refused(f"the plug-in {plugin['name']} is {plugin['customPluginState']}")
    if request.get("workerConfiguration"):
        state.found(state.configurations, request["workerConfiguration"]["workerConfigurationArn"])


def _refused(why: str) -> Refusal:
    return Refusal("BadRequestException", f"The request is not valid: {why}.")


def _version() -> str:
    return "K" + uuid.uuid4().hex[:13].upper()


def describe(request: Request) -> Request:
    """DescribeConnector."""
    return state.found(state.connectors, request["connectorArn"])


def listed(request: Request) -> Request:
    """ListConnectors."""
    store = state.connectors
    return state.listed(store, request, "connectors", field="connectorName", prefix="connectorNamePrefix")


def update(request: Request) -> Request:
    """UpdateConnector: its configuration is changed while it runs; its offsets stay."""
    found = _running(request["connectorArn"])
    if request["currentVersion"] != found["currentVersion"]:
        raise _refused(
            f"currentVersion is {request['currentVersion']}, the connector's {found['currentVersion']}"
        )
    if not request.get("capacity") and not request.get("connectorConfiguration"):
        raise _refused("give capacity or connectorConfiguration")
    configured = request.get("connectorConfiguration")
    before = {field: copy.deepcopy(found[field]) for field in ("capacity", "connectorConfiguration")}
    if request.get("capacity"):
        found["capacity"] = request["capacity"]
    if configured:
        if configured.get(_CLASS) != before["connectorConfiguration"][_CLASS]:
            raise _refused(f"{_CLASS} of a connector cannot change")
        found["connectorConfiguration"] = configured
    kind = "UPDATE_CONNECTOR_CONFIGURATION" if configured else "UPDATE_WORKER_SETTING"
    made = _begin(found, kind, "UPDATE_IN_PROGRESS")
    made |= {
        "originConnectorConfiguration": before["connectorConfiguration"],
        "targetConnectorConfiguration": found["connectorConfiguration"],
    }
    found["connectorState"] = "UPDATING"
    workers.in_background(lambda record: _apply(record, made, before), found)
    return {**_told(found), "connectorOperationArn": made["connectorOperationArn"]}


def _apply(found: Request, made: Request, before: Request) -> None:
    try:
        workers.apply(found)
    except workers.ConnectorFailed as error:  # it goes on with what it had
        made["errorInfo"] = {"code": "InvalidInput", "message": str(error)}
        found.update(before)
        workers.apply(found)
        _end(found, made, "ROLLBACK_COMPLETE")
        return
    found["currentVersion"] = _version()
    _end(found, made, "UPDATE_COMPLETE")


def restart(request: Request) -> Request:
    """RestartConnector: its tasks, or its failed tasks alone, start again."""
    found = state.found(state.connectors, request["connectorArn"])
    made = _begin(found, "RESTART_CONNECTOR", "RESTART_IN_PROGRESS")
    found["connectorState"] = "RESTARTING"
    only_failed = bool(request.get("onlyFailedTasks"))
    workers.in_background(_restarting(made, only_failed=only_failed), found)
    return {"connectorArn": found["connectorArn"], "connectorOperationArn": made["connectorOperationArn"]}


def _restarting(made: Request, *, only_failed: bool) -> Callable[[Request], None]:
    def work(found: Request) -> None:
        running = workers.find(found)
        if running is None:
            workers.start(found)
        else:
            running.worker.restart_tasks(found["connectorName"], only_failed=only_failed)
            workers.apply(found)
        _end(found, made, "RESTART_COMPLETE")

    return work


def delete(request: Request) -> Request:
    """DeleteConnector."""
    found = state.found(state.connectors, request["connectorArn"])
    if request.get("currentVersion") not in (None, found["currentVersion"]):
        raise _refused(f"the connector's currentVersion is {found['currentVersion']}")
    if found["connectorState"] in ("CREATING", "UPDATING", "DELETING"):
        raise _refused(f"the connector is {found['connectorState']}")
    found["connectorState"] = "DELETING"
    workers.in_background(workers.remove, found)
    return {"connectorArn": found["connectorArn"], "connectorState": "DELETING"}


def _running(arn: str) -> Request:
    found = state.found(state.connectors, arn)
    if found["connectorState"] != "RUNNING":
        raise _refused(f"the connector is {found['connectorState']}; it must be RUNNING")
    return found


def _told(found: Request) -> Request:
    return {field: found[field] for field in ("connectorArn", "connectorState")}


def _begin(found: Request, kind: str, state_: str) -> Request:
    made: Request = {
        "connectorArn": found["connectorArn"],
        "connectorOperationArn": state.arn("connector-operation", found["connectorName"]),
        "connectorOperationState": state_,
        "connectorOperationType": kind,
        "creationTime": state.now(),
    }
    state.operations[made["connectorOperationArn"]] = made
    return made


def _end(found: Request, made: Request, state_: str) -> None:
    found["connectorState"] = "RUNNING"
    found.pop("stateDescription", None)
    made |= {"connectorOperationState": state_, "endTime": state.now()}


def operation(request: Request) -> Request:
    """DescribeConnectorOperation."""
    return state.found(state.operations, request["connectorOperationArn"])


def operations(request: Request) -> Request:
    """ListConnectorOperations."""
    arn = state.found(state.connectors, request["connectorArn"])["connectorArn"]
    return {"connectorOperations": [one for one in state.operations.values() if one["connectorArn"] == arn]}

"""Updates of clusters: each is an operation that can be followed; those that the broker must know restart it."""

from __future__ import annotations

import copy
import uuid
from typing import TYPE_CHECKING, Any

from local.services.msk import brokers, cluster_settings, clusters, state, versions
from local.services.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

Request = dict[str, Any]
_COPIED = (
    *("ClientAuthentication", "EncryptionInfo", "EnhancedMonitoring", "LoggingInfo"),
    *("NumberOfBrokerNodes", "OpenMonitoring", "Rebalancing", "StorageMode"),
)


def _operation(kind: str, change: Callable[[Request, Request], None], *, restarts: bool) -> Any:
    """The handler of an update.

    Args:
        kind: `OperationType` of the operation.
        change: changes the provisioned settings by a request; refuses what is not valid.
        restarts: whether the broker must start again for it.
    """

    def update(request: Request) -> Request:
        found = state.cluster(request)
        _require(found, request, versioned=kind != "REBOOT_NODE")
        changed = copy.deepcopy(found["Provisioned"])
        change(changed, request)
        cluster_settings.check_provisioned(changed)
        before, found["Provisioned"] = found["Provisioned"], changed
        made = _begin(found, kind, before)
        if restarts:
            found["State"] = "REBOOTING_BROKER" if kind == "REBOOT_NODE" else "UPDATING"
            brokers.in_background(lambda record: _restart(record, made, before), found)
        else:
            _end(found, made)
        return {"ClusterArn": found["ClusterArn"], "ClusterOperationArn": made["OperationArn"]}

    return update


def _require(found: Request, request: Request, *, versioned: bool) -> None:
    if found["ClusterType"] == "SERVERLESS":
        raise Refusal("BadRequestException", "A serverless cluster cannot be updated.")
    if found["State"] != "ACTIVE":
        raise Refusal("BadRequestException", f"The cluster is {found['State']}; it must be ACTIVE.")
    if versioned and request["CurrentVersion"] != found["CurrentVersion"]:
        raise Refusal(
            "BadRequestException",
            f"The request names the version {request['CurrentVersion']}, the cluster's is "
            f"{found['CurrentVersion']}.",
        )


def _begin(found: Request, kind: str, before: Request) -> Request:
    unique = found["ClusterArn"].replace(":cluster/", ":cluster-operation/", 1)
    made = {
        "OperationArn": f"{unique}/{uuid.uuid4()}",
        "ClusterArn": found["ClusterArn"],
        "CreationTime": state.now(),
        "OperationState": "UPDATE_IN_PROGRESS",
        "OperationType": kind,
        "SourceClusterInfo": _told(before),
        "TargetClusterInfo": _told(found["Provisioned"]),
    }
    state.operations[made["OperationArn"]] = made
    return made


def _told(given: Request) -> Request:
    nodes = given["BrokerNodeGroupInfo"]
    software = given["CurrentBrokerSoftwareInfo"]
    told: Request = {name: given[name] for name in _COPIED if name in given}
    told |= {"InstanceType": nodes["InstanceType"], "KafkaVersion": software["KafkaVersion"]}
    if software.get("ConfigurationArn"):
        told["ConfigurationInfo"] = {
            "Arn": software["ConfigurationArn"],
            "Revision": software["ConfigurationRevision"],
        }
    return told


def _restart(found: Request, made: Request, before: Request) -> None:
    try:
        brokers.restart(found)
    except Exception as error:  # the broker runs again with what it had
        made["ErrorInfo"] = {"ErrorCode": type(error).__name__, "ErrorString": str(error)}
        found["Provisioned"] = before
        brokers.restart(found)
        made |= {"OperationState": "UPDATE_FAILED", "EndTime": state.now()}
        return
    _end(found, made)


def _end(found: Request, made: Request) -> None:
    found["CurrentVersion"] = state.version()
    made |= {"OperationState": "UPDATE_COMPLETE", "EndTime": state.now()}


def describe(request: Request) -> Request:
    """DescribeClusterOperation.

    Raises:
        Refusal: `NotFoundException` when there is none.
    """
    found = state.operations.get(request["ClusterOperationArn"])
    if found is None:
        raise Refusal("NotFoundException", f"There is no operation {request['ClusterOperationArn']}.", 404)
    return {"ClusterOperationInfo": found}


def listed(request: Request) -> Request:
    """ListClusterOperations."""
    arn = state.cluster(request)["ClusterArn"]
    found = [one for one in state.operations.values() if one["ClusterArn"] == arn]
    return state.page(found, request, "ClusterOperationInfoList")


def _configuration(changed: Request, request: Request) -> None:
    clusters.new_configuration({"Provisioned": changed}, request["ConfigurationInfo"])


def _version(changed: Request, request: Request) -> None:
    software = changed["CurrentBrokerSoftwareInfo"]
    wanted, now = request["TargetKafkaVersion"], software["KafkaVersion"]
    if wanted not in versions.later(now):
        raise Refusal(
            "BadRequestException",
            f"A cluster of {now} cannot be updated to {wanted}; it can to {', '.join(versions.later(now))}.",
        )
    software["KafkaVersion"] = wanted
    if request.get("ConfigurationInfo"):
        _configuration(changed, request)


def _security(changed: Request, request: Request) -> None:
    for name in ("ClientAuthentication", "EncryptionInfo"):
        if request.get(name) is not None:
            changed[name] = {**(changed.get(name) or {}), **request[name]}


def _connectivity(changed: Request, request: Request) -> None:
    nodes = changed["BrokerNodeGroupInfo"]
    nodes["ConnectivityInfo"] = {
        **(nodes.get("ConnectivityInfo") or {}),
        **(request.get("ConnectivityInfo") or {}),
    }


def _broker_count(changed: Request, request: Request) -> None:
    wanted = int(request["TargetNumberOfBrokerNodes"])
    if wanted < int(changed["NumberOfBrokerNodes"]):
        raise Refusal("BadRequestException", "The embedded AWS takes no brokers away.")
    changed["NumberOfBrokerNodes"] = wanted


def _broker_type(changed: Request, request: Request) -> None:
    changed["BrokerNodeGroupInfo"]["InstanceType"] = request["TargetInstanceType"]


def _broker_storage(changed: Request, request: Request) -> None:
    size = max(int(one.get("VolumeSizeGB") or 0) for one in request["TargetBrokerEBSVolumeInfo"])
    _grow(changed, size)


def _storage(changed: Request, request: Request) -> None:
    if request.get("VolumeSizeGB"):
        _grow(changed, int(request["VolumeSizeGB"]))
    if request.get("StorageMode"):
        changed["StorageMode"] = request["StorageMode"]


def _grow(changed: Request, size: int) -> None:
    volumes = changed["BrokerNodeGroupInfo"].setdefault("StorageInfo", {}).setdefault("EbsStorageInfo", {})
    if size < int(volumes.get("VolumeSize") or 0):
        raise Refusal(
            "BadRequestException", f"A volume cannot shrink: {volumes['VolumeSize']} GiB to {size}."
        )
    volumes["VolumeSize"] = size


def _monitoring(changed: Request, request: Request) -> None:
    for name in ("EnhancedMonitoring", "OpenMonitoring", "LoggingInfo"):
        if request.get(name) is not None:
            changed[name] = request[name]


def _rebalancing(changed: Request, request: Request) -> None:
    changed["Rebalancing"] = request["Rebalancing"]


def _nothing(_changed: Request, _request: Request) -> None:
    """A reboot changes no settings."""


HANDLERS: dict[str, Any] = {
    "RebootBroker": _operation("REBOOT_NODE", _nothing, restarts=True),
    "UpdateBrokerCount": _operation("INCREASE_BROKER_COUNT", _broker_count, restarts=False),
    "UpdateBrokerStorage": _operation("UPDATE_BROKER_STORAGE", _broker_storage, restarts=False),
    "UpdateBrokerType": _operation("UPDATE_BROKER_TYPE", _broker_type, restarts=False),
    "UpdateClusterConfiguration": _operation("UPDATE_CLUSTER_CONFIGURATION", _configuration, restarts=True),
    "UpdateClusterKafkaVersion": _operation("UPDATE_CLUSTER_KAFKA_VERSION", _version, restarts=True),
    "UpdateConnectivity": _operation("UPDATE_CONNECTIVITY", _connectivity, restarts=True),
    "UpdateMonitoring": _operation("UPDATE_MONITORING", _monitoring, restarts=False),
    "UpdateRebalancing": _operation("UPDATE_REBALANCING", _rebalancing, restarts=False),
    "UpdateSecurity": _operation("UPDATE_SECURITY", _security, restarts=True),
    "UpdateStorage": _operation("UPDATE_STORAGE", _storage, restarts=False),
}

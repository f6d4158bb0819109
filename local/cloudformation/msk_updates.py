"""By which updates of the MSK API a cluster gets from one template to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Properties = dict[str, Any]
Path = tuple[str, ...]

_NODES = "BrokerNodeGroupInfo"
_VOLUME = (_NODES, "StorageInfo", "EBSStorageInfo", "VolumeSize")
_TRANSIT = ("EncryptionInfo", "EncryptionInTransit", "ClientBroker")


def between(old: Properties, new: Properties) -> list[tuple[str, Properties]]:
    """The operations, in the order in which they are asked for, with what each is given.

    Example:
        >>> between({"KafkaVersion": "3.8.x"}, {"KafkaVersion": "3.9.x"})
        [('UpdateClusterKafkaVersion', {'TargetKafkaVersion': '3.9.x'})]
    """
    changed = [
        (operation, given(new))
        for operation, paths, given in _UPDATES
        if any(at(old, path) != at(new, path) for path in paths)
    ]
    names = {operation for operation, _ in changed}
    in_one = _WITH_VERSION if "UpdateClusterKafkaVersion" in names else ""
    return [(operation, given) for operation, given in changed if operation != in_one and given]


def at(props: Properties, path: Path) -> Any:
    """The value at a path; None where there is none.

    Example:
        >>> at({"A": {"B": 1}}, ("A", "B")), at({}, ("A", "B"))
        (1, None)
    """
    value: Any = props
    for name in path:
        value = (value or {}).get(name)
    return value


def _configuration(new: Properties) -> Properties:
    return {"ConfigurationInfo": new["ConfigurationInfo"]} if new.get("ConfigurationInfo") else {}


def _security(new: Properties) -> Properties:
    authentication = new.get("ClientAuthentication") or {"Unauthenticated": {"Enabled": True}}
    transit = {"EncryptionInTransit": {"ClientBroker": at(new, _TRANSIT) or "TLS"}}
    return {"ClientAuthentication": authentication, "EncryptionInfo": transit}


def _volume(new: Properties) -> Properties:
    return {"TargetBrokerEBSVolumeInfo": [{"KafkaBrokerNodeId": "ALL", "VolumeSizeGB": at(new, _VOLUME)}]}


def _monitoring(new: Properties) -> Properties:
    return {
        "EnhancedMonitoring": new.get("EnhancedMonitoring") or "DEFAULT",
        "LoggingInfo": new.get("LoggingInfo") or {"BrokerLogs": {}},
        "OpenMonitoring": new.get("OpenMonitoring") or {"Prometheus": {}},
    }


# A new version brings its configuration along, in one restart.
_WITH_VERSION = "UpdateClusterConfiguration"
_UPDATES: tuple[tuple[str, tuple[Path, ...], Callable[[Properties], Properties]], ...] = (
    (
        "UpdateClusterKafkaVersion",
        (("KafkaVersion",),),
        lambda new: {"TargetKafkaVersion": new["KafkaVersion"], **_configuration(new)},
    ),
    ("UpdateClusterConfiguration", (("ConfigurationInfo",),), _configuration),
    ("UpdateSecurity", (("ClientAuthentication",), _TRANSIT), _security),
    (
        "UpdateConnectivity",
        ((_NODES, "ConnectivityInfo"),),
        lambda new: {"ConnectivityInfo": at(new, (_NODES, "ConnectivityInfo")) or {}},
    ),
    (
        "UpdateBrokerType",
        ((_NODES, "InstanceType"),),
        lambda new: {"TargetInstanceType": new[_NODES]["InstanceType"]},
    ),
    (
        "UpdateBrokerCount",
        (("NumberOfBrokerNodes",),),
        lambda new: {"TargetNumberOfBrokerNodes": new["NumberOfBrokerNodes"]},
    ),
    ("UpdateBrokerStorage", (_VOLUME,), _volume),
    ("UpdateStorage", (("StorageMode",),), lambda new: {"StorageMode": new.get("StorageMode") or "LOCAL"}),
    ("UpdateMonitoring", (("EnhancedMonitoring",), ("LoggingInfo",), ("OpenMonitoring",)), _monitoring),
    (
        "UpdateRebalancing",
        (("Rebalancing",),),
        lambda new: {"Rebalancing": new.get("Rebalancing") or {"Status": "ACTIVE"}},
    ),
)

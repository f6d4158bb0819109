"""Clusters of MSK: made, described and deleted; a broker starts with each and goes with it."""

from __future__ import annotations

from typing import Any

from local.services.msk import brokers, cluster_settings, configurations, doors, state
from local.services.refusal import Refusal

Request = dict[str, Any]
_V1 = (
    *("BrokerNodeGroupInfo", "Rebalancing", "ClientAuthentication", "EncryptionInfo", "EnhancedMonitoring"),
    *("OpenMonitoring", "LoggingInfo", "NumberOfBrokerNodes", "StorageMode"),
)
_BUSY = ("CREATING", "UPDATING", "DELETING", "REBOOTING_BROKER", "HEALING")


def create_v2(request: Request) -> Request:
    """CreateClusterV2."""
    cluster_settings.check(request)
    name = request["ClusterName"]
    if any(one["ClusterName"] == name for one in state.clusters.values()):
        raise Refusal("ConflictException", f"A resource with this name already exists: {name}.", 409)
    kind = "PROVISIONED" if request.get("Provisioned") else "SERVERLESS"
    made: Request = {
        "ClusterArn": state.arn("cluster", name),
        "ClusterName": name,
        "ClusterType": kind,
        "CreationTime": state.now(),
        "CurrentVersion": state.version(),
        "State": "CREATING",
        "Tags": dict(request.get("Tags") or {}),
        "Topics": {},
    }
    if kind == "PROVISIONED":
        made["Provisioned"] = _provisioned(request["Provisioned"])
    else:
        made["Serverless"] = {**request["Serverless"], "ConnectivityInfo": {"NetworkType": "IPV4"}}
    state.clusters[made["ClusterArn"]] = made
    brokers.in_background(brokers.start, made)
    return {name: made[name] for name in ("ClusterArn", "ClusterName", "State", "ClusterType")}


def create(request: Request) -> Request:
    """CreateCluster, the first version, for provisioned clusters."""
    provisioned = {
        name: request[name] for name in (*_V1, "KafkaVersion", "ConfigurationInfo") if name in request
    }
    made = create_v2({**request, "Provisioned": provisioned})
    made.pop("ClusterType")
    return made


def _provisioned(given: Request) -> Request:
    kept: Request = {"EnhancedMonitoring": "DEFAULT", **given}
    info = kept.pop("ConfigurationInfo", None) or {}
    software = {"KafkaVersion": kept.pop("KafkaVersion")}
    if info:
        software |= {"ConfigurationArn": info["Arn"], "ConfigurationRevision": int(info["Revision"])}
    kept["CurrentBrokerSoftwareInfo"] = software
    transit = {"ClientBroker": "TLS", "InCluster": True}
    encryption = kept.get("EncryptionInfo") or {}
    wanted = {**transit, **(encryption.get("EncryptionInTransit") or {})}
    kept["EncryptionInfo"] = {**encryption, "EncryptionInTransit": wanted}
    if not cluster_settings.is_express(kept):
        kept.setdefault("StorageMode", "LOCAL")
    return kept


def describe_v2(request: Request) -> Request:
    """DescribeClusterV2."""
    return {"ClusterInfo": state.cluster(request)}


def describe(request: Request) -> Request:
    """DescribeCluster; of a serverless cluster the second version alone can tell."""
    found = state.cluster(request)
    if found["ClusterType"] == "SERVERLESS":
        raise Refusal("BadRequestException", "Use DescribeClusterV2 for a serverless cluster.")
    return {"ClusterInfo": _first_version(found)}


def listed_v2(request: Request) -> Request:
    """ListClustersV2."""
    kind = request.get("ClusterTypeFilter")
    found = [one for one in _named(request) if kind in (None, one["ClusterType"])]
    return state.page(found, request, "ClusterInfoList")


def listed(request: Request) -> Request:
    """ListClusters: the provisioned ones."""
    found = [_first_version(one) for one in _named(request) if one["ClusterType"] == "PROVISIONED"]
    return state.page(found, request, "ClusterInfoList")


def _named(request: Request) -> list[Request]:
    begin = request.get("ClusterNameFilter") or ""
    return [one for one in state.clusters.values() if one["ClusterName"].startswith(begin)]


def _first_version(found: Request) -> Request:
    return {**found, **found["Provisioned"]}


def delete(request: Request) -> Request:
    """DeleteCluster."""
    found = state.cluster(request)
    if request.get("CurrentVersion") not in (None, found["CurrentVersion"]):
        raise Refusal(
            "BadRequestException", f"The current version of the cluster is {found['CurrentVersion']}."
        )
    if found["State"] in _BUSY:
        raise Refusal("BadRequestException", f"The cluster is {found['State']}; wait until it is ACTIVE.")
    found["State"] = "DELETING"
    brokers.in_background(brokers.remove, found)
    return {"ClusterArn": found["ClusterArn"], "State": "DELETING"}


def bootstrap(request: Request) -> Request:
    """GetBootstrapBrokers: where clients of each kind of authentication begin."""
    found = state.cluster(request)
    if found["State"] == "CREATING" or not found.get("_Ports"):
        raise Refusal("BadRequestException", f"The cluster is {found['State']}; it has no brokers yet.")
    return {
        doors.ALL[name].answer: f"localhost:{port}"
        for name, port in found["_Ports"].items()
        if name in doors.ALL
    }


def nodes(request: Request) -> Request:
    """ListNodes: the one broker that there is."""
    found = state.cluster(request)
    if found["ClusterType"] == "SERVERLESS":
        raise Refusal("BadRequestException", "A serverless cluster shows no nodes.")
    given = found["Provisioned"]
    node = {
        "AddedToClusterTime": str(found["CreationTime"]),
        "InstanceType": given["BrokerNodeGroupInfo"]["InstanceType"],
        "NodeARN": found["ClusterArn"].replace(":cluster/", ":broker/", 1) + "/1",
        "NodeType": "BROKER",
        "BrokerNodeInfo": {
            "BrokerId": 1.0,
            "ClientSubnet": given["BrokerNodeGroupInfo"]["ClientSubnets"][0],
            "CurrentBrokerSoftwareInfo": given["CurrentBrokerSoftwareInfo"],
            "Endpoints": ["localhost"],
        },
    }
    return state.page([node], request, "NodeInfoList")


def new_configuration(found: Request, info: Request) -> None:
    """Let a cluster run a revision of a configuration from its next start on.

    Raises:
        Refusal: There is none, or it is not for the cluster's version of Kafka.
    """
    software = found["Provisioned"]["CurrentBrokerSoftwareInfo"]
    configurations.properties(info, kafka_version=software["KafkaVersion"])
    software |= {"ConfigurationArn": info["Arn"], "ConfigurationRevision": int(info["Revision"])}

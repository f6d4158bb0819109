"""What CreateCluster refuses, in MSK's words where they are known, and what a laptop cannot stand for."""

from __future__ import annotations

import re
from typing import Any

from local.services.msk import configurations, doors, versions
from local.services.refusal import Refusal

Request = dict[str, Any]
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]{0,63}")
_EXPRESS = "express."
_EXPRESS_ZONES = 3
_LARGEST_VOLUME_GIB = 16384


def check(request: Request) -> None:
    """Refuse a new cluster that AWS or the laptop would not make.

    Args:
        request: that of CreateClusterV2.

    Raises:
        Refusal: `BadRequestException`, with what is allowed.
    """
    if not _NAME.fullmatch(str(request["ClusterName"])):
        raise _refused(f"ClusterName must match {_NAME.pattern}, it is {request['ClusterName']!r}")
    if bool(request.get("Provisioned")) == bool(request.get("Serverless")):
        raise _refused("give either Provisioned or Serverless")
    if request.get("Serverless"):
        _check_serverless(request["Serverless"])
    else:
        check_provisioned(request["Provisioned"], new=True)


def check_provisioned(given: Request, *, new: bool = False) -> None:
    """Refuse settings of brokers; those of a `new` cluster have more to obey."""
    versions.require(given.get("KafkaVersion") or given["CurrentBrokerSoftwareInfo"]["KafkaVersion"])
    if given.get("KafkaVersion"):
        configurations.properties(given.get("ConfigurationInfo"), kafka_version=given["KafkaVersion"])
    nodes = given["BrokerNodeGroupInfo"]
    _check_brokers(given, nodes)
    _check_network(nodes.get("ClientSubnets") or [], nodes.get("SecurityGroups") or [])
    _check_authentication(given)
    if doors.is_public(given):
        if new:
            raise _refused("public access can be turned on once the cluster is ACTIVE, not at its creation")
        if doors.is_open_to_all(given):
            raise _refused("a cluster with unauthenticated access cannot have public access")


def is_express(given: Request) -> bool:
    """Whether the brokers are Express ones.

    Example:
        >>> is_express({"BrokerNodeGroupInfo": {"InstanceType": "express.m7g.large"}})
        True
    """
    return str(given["BrokerNodeGroupInfo"]["InstanceType"]).startswith(_EXPRESS)


def _check_brokers(given: Request, nodes: Request) -> None:
    count, subnets = int(given["NumberOfBrokerNodes"]), nodes.get("ClientSubnets") or []
    if not re.fullmatch(r"(kafka|express)\.[a-z0-9-]+\.[a-z0-9]+", str(nodes["InstanceType"])):
        raise _refused(f"InstanceType {nodes['InstanceType']!r} is none of kafka.* or express.*")
    if not subnets or count <= 0 or count % len(subnets):
        raise _refused(
            f"the number of broker nodes ({count}) must be a multiple of the {len(subnets)} client subnets"
        )
    storage = (nodes.get("StorageInfo") or {}).get("EbsStorageInfo") or {}
    if is_express(given):
        if len(subnets) != _EXPRESS_ZONES:
            raise _refused(f"Express brokers need three client subnets, {len(subnets)} are given")
        if storage or given.get("StorageMode"):
            raise _refused("Express brokers have no volumes and no storage mode of their own")
    elif storage and not 1 <= int(storage.get("VolumeSize") or 0) <= _LARGEST_VOLUME_GIB:
        raise _refused(f"VolumeSize must be 1 to {_LARGEST_VOLUME_GIB} GiB")


def _check_network(subnets: list[str], groups: list[str]) -> None:
    from ministack.services import ec2

    unknown = [name for name in subnets if name not in ec2._subnets]
    unknown += [name for name in groups if name not in ec2._security_groups]
    if unknown:
        raise _refused(f"there is no subnet or security group {', '.join(unknown)}")


def _check_authentication(given: Request) -> None:
    authentication = given.get("ClientAuthentication") or {}
    if ((authentication.get("Sasl") or {}).get("Scram") or {}).get("Enabled"):
        raise _absent("SASL/SCRAM")
    if (authentication.get("Tls") or {}).get("Enabled"):
        raise _absent("mutual TLS, for it has no private CA")
    vpc = (given["BrokerNodeGroupInfo"].get("ConnectivityInfo") or {}).get("VpcConnectivity") or {}
    if any((one or {}).get("Enabled") for one in _switches(vpc.get("ClientAuthentication") or {})):
        raise _absent("multi-VPC connectivity")
    if authentication and not (doors.asks_iam(given) or doors.is_open_to_all(given)):
        raise _refused("at least one way of client authentication must be enabled")


def _switches(authentication: Request) -> list[Request | None]:
    sasl = authentication.get("Sasl") or {}
    return [sasl.get("Iam"), sasl.get("Scram"), authentication.get("Tls")]


def _check_serverless(given: Request) -> None:
    for config in given.get("VpcConfigs") or [{}]:
        _check_network(config.get("SubnetIds") or [], config.get("SecurityGroupIds") or [])
    if not doors.asks_iam(given):
        raise _refused("a serverless cluster needs ClientAuthentication.Sasl.Iam.Enabled = true")


def _refused(why: str) -> Refusal:
    return Refusal("BadRequestException", f"The request is not valid: {why}.")


def _absent(what: str) -> Refusal:
    return Refusal(
        "BadRequestException",
        f"The embedded AWS has no {what}. It has IAM (ClientAuthentication.Sasl.Iam) and unauthenticated access.",
    )

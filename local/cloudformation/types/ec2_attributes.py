"""Attributes that templates read (Fn::GetAtt) and ministack lacks: of VPCs, subnets and VPC endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.core.responses import get_region
from ministack.services import ec2
from ministack.services.cloudformation import provisioners

if TYPE_CHECKING:
    from collections.abc import Callable

Attributes = dict[str, Any]
_ZONE = "Z2B7RXZ4L3ENDP"  # the hosted zone that every endpoint name here is said to be in


def install() -> None:
    """Adds the attributes to what create and update of these types answer."""
    for name, attributes in {"VPC": _of_vpc, "Subnet": _of_subnet, "VPCEndpoint": _of_endpoint}.items():
        handler = provisioners._RESOURCE_HANDLERS[f"AWS::EC2::{name}"]
        for operation in ("create", "update"):
            handler[operation] = _enriched(handler[operation], attributes)


def _enriched(old: Callable[..., Any], attributes: Callable[[str], Attributes]) -> Callable[..., Any]:
    def handle(*arguments: Any) -> tuple[str, Attributes]:
        physical_id, known = old(*arguments)
        return physical_id, {**known, **attributes(physical_id)}

    return handle


def _of_vpc(vpc_id: str) -> Attributes:
    cidr = ec2._vpcs[vpc_id]["CidrBlock"]
    return {
        "CidrBlock": cidr,
        "CidrBlockAssociations": [f"vpc-cidr-assoc-{vpc_id[4:]}"],
        "Ipv6CidrBlocks": [],
    }


def _of_subnet(subnet_id: str) -> Attributes:
    subnet = ec2._subnets[subnet_id]
    return {
        "AvailabilityZoneId": subnet.get("AvailabilityZoneId", ""),
        "CidrBlock": subnet["CidrBlock"],
        "Ipv6CidrBlocks": [],
        "NetworkAclAssociationId": f"aclassoc-{subnet_id[7:]}",
        "VpcId": subnet["VpcId"],
    }


def _of_endpoint(endpoint_id: str) -> Attributes:
    """An interface endpoint has names and an interface in each subnet; a gateway endpoint has neither."""
    endpoint = ec2._vpc_endpoints[endpoint_id]
    if endpoint["VpcEndpointType"] == "Gateway":
        return {}
    service = endpoint["ServiceName"].rsplit(".", 1)[-1]
    names = [f"{_ZONE}:{endpoint_id}.{service}.{get_region()}.vpce.amazonaws.com"]
    interfaces = [f"eni-{endpoint_id[5:18]}{number:04x}" for number, _ in enumerate(endpoint["SubnetIds"])]
    endpoint["NetworkInterfaceIds"] = interfaces
    return {"DnsEntries": names, "NetworkInterfaceIds": interfaces}

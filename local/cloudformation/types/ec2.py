"""AWS::EC2::* resources that ministack's CloudFormation lacks: rules, NAT, addresses, flow logs.

Control plane only: they can be described and referred to, but processes on the laptop share its network, so
that no packet is filtered, translated or logged by them.
"""

from __future__ import annotations

import json
import random
import time
from typing import TYPE_CHECKING, Any

from ministack.core.responses import get_account_id, now_iso
from ministack.services import ec2
from ministack.services.cloudformation import provisioners

from local.cloudformation import registry
from local.services.ec2 import instance_states

if TYPE_CHECKING:
    from collections.abc import Callable

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]


def install() -> None:
    """Registers the types."""
    for name, direction in (("Ingress", "IpPermissions"), ("Egress", "IpPermissionsEgress")):
        create, delete = _rule_create(direction), _rule_delete(direction)
        registry.register(
            f"AWS::EC2::SecurityGroup{name}",
            create=create,
            update=_rule_update(create, delete),
            delete=delete,
        )
    for name, (create, update, delete) in {
        "EIP": (_address_create, _address_update, _address_delete),
        "NatGateway": (_nat_create, _nat_update, _nat_delete),
        "FlowLog": (_flow_log_create, _flow_log_update, _flow_log_delete),
    }.items():
        registry.register(f"AWS::EC2::{name}", create=create, update=update, delete=delete)


def _id(prefix: str) -> str:
    return f"{prefix}-{random.getrandbits(68):017x}"


def _tag(physical_id: str, properties: Properties, old: Properties | None = None) -> None:
    provisioners._ec2_apply_tags(physical_id, properties, old)


# --- rules of security groups -------------------------------------------------------------------------------


def _group(properties: Properties) -> Properties:
    group: Properties | None = ec2._security_groups.get(properties.get("GroupId", ""))
    if group is None:
        raise ValueError(f"The security group '{properties.get('GroupId')}' does not exist")
    return group


def _rule(properties: Properties) -> Properties:
    [rule] = provisioners._ec2_sg_permissions([properties])
    return dict(rule)


def _same(rule: Properties) -> str:
    """What tells rules apart on AWS: everything but the description."""
    told = {
        name: [{k: v for k, v in entry.items() if k != "Description"} for entry in value]
        if isinstance(value, list)
        else value
        for name, value in rule.items()
        if name != "SecurityGroupRuleId"
    }
    return json.dumps(told, sort_keys=True)


def _rule_create(direction: str) -> Callable[[str, Properties, str], Made]:
    def create(_logical_id: str, properties: Properties, _stack: str) -> Made:
        group, rule = _group(properties), _rule(properties)
        if any(_same(held) == _same(rule) for held in group.get(direction, [])):
            raise ValueError(f"the specified rule already exists in {group['GroupId']}")
        group.setdefault(direction, []).append(rule)
        rule_id = ec2._sg_rule_id(group["GroupId"], direction == "IpPermissionsEgress", rule)
        return rule_id, {"Id": rule_id}

    return create


def _rule_update(
    create: Callable[[str, Properties, str], Made], delete: Callable[[str, Properties], None]
) -> Callable[[str, Properties, Properties, str], Made]:
    """A description changes in place; any other change removes the old rule and adds the new one."""

    def update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
        if old.get("GroupId") == new.get("GroupId") and _same(_rule(old)) == _same(_rule(new)):
            delete(physical_id, old)
        return create(physical_id, new, stack)

    return update


def _rule_delete(direction: str) -> Callable[[str, Properties], None]:
    def delete(_physical_id: str, properties: Properties) -> None:
        group = ec2._security_groups.get(properties.get("GroupId", ""))
        if group is not None:
            gone = _same(_rule(properties))
            group[direction] = [rule for rule in group.get(direction, []) if _same(rule) != gone]

    return delete


# --- addresses and NAT --------------------------------------------------------------------------------------


def _address_create(_logical_id: str, properties: Properties, _stack: str) -> Made:
    allocation = _id("eipalloc")
    ec2._addresses[allocation] = {
        "AllocationId": allocation,
        "PublicIp": ec2._random_ip("52."),
        "Domain": properties.get("Domain", "vpc"),
        "AssociationId": None,
        "InstanceId": properties.get("InstanceId"),
        "NetworkInterfaceId": None,
        "PrivateIpAddress": None,
    }
    _tag(allocation, properties)
    _follow(properties.get("InstanceId"))
    return _address_made(allocation)


def _follow(instance_id: str | None) -> None:
    """An instance whose address comes or goes shows it, and can be reached or not."""
    instance = ec2._instances.get(instance_id or "")
    if instance is not None:
        instance_states.refresh(instance)


def _address_made(allocation: str) -> Made:
    address = ec2._addresses[allocation]
    return address["PublicIp"], {"AllocationId": allocation, "PublicIp": address["PublicIp"]}


def _address_named(public_ip: str) -> str | None:
    return next((name for name, held in ec2._addresses.items() if held["PublicIp"] == public_ip), None)


def _address_update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
    allocation = _address_named(physical_id)
    if allocation is None:
        return _address_create(physical_id, new, stack)
    _tag(allocation, new, old)
    if old.get("InstanceId") != new.get("InstanceId"):
        ec2._addresses[allocation]["InstanceId"] = new.get("InstanceId")
        _follow(old.get("InstanceId"))
        _follow(new.get("InstanceId"))
    return _address_made(allocation)


def _address_delete(physical_id: str, properties: Properties) -> None:
    allocation = _address_named(physical_id)
    if allocation is not None:
        ec2._addresses.pop(allocation, None)
        ec2._tags.pop(allocation, None)
        _follow(properties.get("InstanceId"))


def _nat_create(_logical_id: str, properties: Properties, _stack: str) -> Made:
    subnet = ec2._subnets.get(properties["SubnetId"])
    if subnet is None:
        raise ValueError(f"The subnet ID '{properties['SubnetId']}' does not exist")
    gateway = _id("nat")
    ec2._nat_gateways[gateway] = {
        "NatGatewayId": gateway,
        "SubnetId": properties["SubnetId"],
        "VpcId": subnet["VpcId"],
        "AllocationId": properties.get("AllocationId"),
        "ConnectivityType": properties.get("ConnectivityType", "public"),
        "State": "available",
        "CreateTime": now_iso(),
        "Tags": [],
    }
    _tag(gateway, properties)
    return gateway, {"NatGatewayId": gateway}


def _nat_update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
    if any(old.get(name) != new.get(name) for name in ("SubnetId", "AllocationId", "ConnectivityType")):
        return _nat_create(physical_id, new, stack)
    _tag(physical_id, new, old)
    return physical_id, {"NatGatewayId": physical_id}


def _nat_delete(physical_id: str, _properties: Properties) -> None:
    ec2._nat_gateways.pop(physical_id, None)
    ec2._tags.pop(physical_id, None)


# --- flow logs ----------------------------------------------------------------------------------------------


def _flow_log_create(_logical_id: str, properties: Properties, _stack: str) -> Made:
    known = {"VPC": ec2._vpcs, "Subnet": ec2._subnets, "NetworkInterface": ec2._network_interfaces}
    kind, resource = properties["ResourceType"], properties["ResourceId"]
    if resource not in known.get(kind, {}):
        raise ValueError(f"{kind} '{resource}' of the flow log does not exist")
    name = _id("fl")
    ec2._flow_logs[name] = {
        "FlowLogId": name,
        "ResourceId": resource,
        "TrafficType": properties.get("TrafficType", "ALL"),
        "LogDestinationType": properties.get("LogDestinationType", "cloud-watch-logs"),
        "LogDestination": properties.get("LogDestination") or properties.get("LogGroupName", ""),
        "FlowLogStatus": "ACTIVE",
        "CreationTime": now_iso(),
        "Created": time.time(),
        "OwnerId": get_account_id(),
    }
    _tag(name, properties)
    return name, {"Id": name}


def _flow_log_update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
    if {**old, "Tags": None} != {**new, "Tags": None}:
        return _flow_log_create(physical_id, new, stack)
    _tag(physical_id, new, old)
    return physical_id, {"Id": physical_id}


def _flow_log_delete(physical_id: str, _properties: Properties) -> None:
    ec2._flow_logs.pop(physical_id, None)
    ec2._tags.pop(physical_id, None)

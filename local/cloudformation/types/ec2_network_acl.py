"""AWS::EC2 network ACLs, their entries and associations; control plane only, as `ec2.py` says."""

from __future__ import annotations

import random
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import ec2
from ministack.services.cloudformation import provisioners

from local.cloudformation import registry

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]


def install() -> None:
    """Registers the types."""
    for name, (create, update, delete) in {
        "NetworkAcl": (_acl_create, _acl_update, _acl_delete),
        "NetworkAclEntry": (_entry_create, _entry_update, _entry_delete),
        "SubnetNetworkAclAssociation": (_association_create, _association_update, _association_delete),
    }.items():
        registry.register(f"AWS::EC2::{name}", create=create, update=update, delete=delete)


def _id(prefix: str) -> str:
    return f"{prefix}-{random.getrandbits(68):017x}"


def _tag(physical_id: str, properties: Properties, old: Properties | None = None) -> None:
    provisioners._ec2_apply_tags(physical_id, properties, old)


def _acl_create(_logical_id: str, properties: Properties, _stack: str) -> Made:
    acl = _id("acl")
    closed = {"RuleNumber": 32767, "Protocol": "-1", "RuleAction": "deny", "CidrBlock": "0.0.0.0/0"}
    ec2._network_acls[acl] = {
        "NetworkAclId": acl,
        "VpcId": properties["VpcId"],
        "IsDefault": False,
        "Entries": [{**closed, "Egress": False}, {**closed, "Egress": True}],
        "Associations": [],
        "Tags": [],
        "OwnerId": get_account_id(),
    }
    _tag(acl, properties)
    return acl, {"Id": acl}


def _acl_update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
    if old["VpcId"] != new["VpcId"]:
        return _acl_create(physical_id, new, stack)
    _tag(physical_id, new, old)
    return physical_id, {"Id": physical_id}


def _acl_delete(physical_id: str, _properties: Properties) -> None:
    ec2._network_acls.pop(physical_id, None)
    ec2._tags.pop(physical_id, None)


def _acl(properties: Properties) -> Properties:
    acl: Properties | None = ec2._network_acls.get(properties["NetworkAclId"])
    if acl is None:
        raise ValueError(f"The network ACL '{properties['NetworkAclId']}' does not exist")
    return acl


def _entry(properties: Properties) -> Properties:
    entry: Properties = {
        "RuleNumber": int(properties["RuleNumber"]),
        "Protocol": str(properties["Protocol"]),
        "RuleAction": properties["RuleAction"],
        "Egress": str(properties.get("Egress", False)).lower() == "true",
    }
    named = ("CidrBlock", "Ipv6CidrBlock", "PortRange", "Icmp")
    return entry | {name: properties[name] for name in named if name in properties}


def _entry_create(_logical_id: str, properties: Properties, _stack: str) -> Made:
    acl, entry = _acl(properties), _entry(properties)
    place = (entry["RuleNumber"], entry["Egress"])
    if any((held["RuleNumber"], held["Egress"]) == place for held in acl["Entries"]):
        raise ValueError(
            f"The network acl entry identified by {place[0]} already exists in {acl['NetworkAclId']}"
        )
    acl["Entries"].append(entry)
    name = f"{acl['NetworkAclId']}|{place[0]}|{str(place[1]).lower()}"
    return name, {"Id": name}


def _entry_update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
    identifying = ("NetworkAclId", "RuleNumber", "Egress")
    if all(old.get(name) == new.get(name) for name in identifying):
        _entry_delete(physical_id, old)
    return _entry_create(physical_id, new, stack)


def _entry_delete(_physical_id: str, properties: Properties) -> None:
    acl = ec2._network_acls.get(properties["NetworkAclId"])
    if acl is not None:
        entry = _entry(properties)
        place = (entry["RuleNumber"], entry["Egress"])
        acl["Entries"] = [held for held in acl["Entries"] if (held["RuleNumber"], held["Egress"]) != place]


def _association_create(_logical_id: str, properties: Properties, _stack: str) -> Made:
    acl = _acl(properties)
    for held in ec2._network_acls.values():
        held["Associations"] = [a for a in held["Associations"] if a["SubnetId"] != properties["SubnetId"]]
    name = _id("aclassoc")
    acl["Associations"].append(
        {
            "NetworkAclAssociationId": name,
            "NetworkAclId": acl["NetworkAclId"],
            "SubnetId": properties["SubnetId"],
        }
    )
    return name, {"AssociationId": name}


def _association_update(physical_id: str, _old: Properties, new: Properties, stack: str) -> Made:
    return _association_create(physical_id, new, stack)


def _association_delete(physical_id: str, _properties: Properties) -> None:
    for held in ec2._network_acls.values():
        held["Associations"] = [
            a for a in held["Associations"] if a["NetworkAclAssociationId"] != physical_id
        ]

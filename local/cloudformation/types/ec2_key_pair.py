"""AWS::EC2::KeyPair: made here, its private key goes to Parameter Store; or imported by its public key."""

from __future__ import annotations

from typing import Any

from ministack.services.cloudformation import provisioners

from local.cloudformation import registry
from local.services.ec2 import key_material, key_pairs

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]


def install() -> None:
    """Registers the type."""
    provisioners._STACK_TAG_PROPERTY["AWS::EC2::KeyPair"] = ("Tags", "list")
    registry.register("AWS::EC2::KeyPair", create=_create, update=_update, delete=_delete)


def _create(_logical_id: str, properties: Properties, _stack: str) -> Made:
    if properties.get("KeyFormat", "pem") != "pem":
        raise ValueError(f"KeyFormat '{properties['KeyFormat']}' is not emulated; use pem")
    public = properties.get("PublicKeyMaterial")
    material = (
        key_material.imported(public) if public else key_material.generate(properties.get("KeyType", "rsa"))
    )
    record = key_pairs.add(properties.get("KeyName", ""), material)
    if material.private:
        key_pairs.keep_private(record, material)
    provisioners._ec2_apply_tags(record["KeyPairId"], properties)
    return _made(record)


def _update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
    """Only tags change in place; another name replaces, anything else under the same name cannot exist twice."""
    if {**old, "Tags": None} != {**new, "Tags": None}:
        return _create(physical_id, new, stack)
    record = _record(physical_id)
    provisioners._ec2_apply_tags(record["KeyPairId"], new, old)
    return _made(record)


def _delete(physical_id: str, _properties: Properties) -> None:
    key_pairs.remove(physical_id)


def _record(name: str) -> Properties:
    from ministack.services import ec2

    record: Properties | None = ec2._key_pairs.get(name)
    if record is None:
        raise ValueError(f"The key pair '{name}' does not exist")
    return record


def _made(record: Properties) -> Made:
    return record["KeyName"], {
        "KeyName": record["KeyName"],
        "KeyPairId": record["KeyPairId"],
        "KeyFingerprint": record["KeyFingerprint"],
    }

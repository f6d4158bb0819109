"""AWS::EC2::Instance: a record that starts, stops and shows what it was launched with; a bastion answers SSH."""

from __future__ import annotations

from typing import Any

from ministack.services import ec2
from ministack.services.cloudformation import provisioners

from local.cloudformation import registry
from local.cloudformation.extension import boolean
from local.services.ec2 import instance_states, launch

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]

# What changes without a new instance; a change of user data restarts it, so that its scripts read it again.
_IN_PLACE = (
    "SecurityGroupIds",
    "Tags",
    "UserData",
    "IamInstanceProfile",
    "InstanceType",
    "Monitoring",
    "MetadataOptions",
    "EbsOptimized",
    "InstanceInitiatedShutdownBehavior",
    "DisableApiTermination",
    "SourceDestCheck",
)


def install() -> None:
    """Registers the type."""
    provisioners._STACK_TAG_PROPERTY["AWS::EC2::Instance"] = ("Tags", "list")
    registry.register("AWS::EC2::Instance", create=_create, update=_update, delete=_delete)


def _create(_logical_id: str, properties: Properties, _stack: str) -> Made:
    instance = launch.launch(properties)
    provisioners._ec2_apply_tags(instance["InstanceId"], properties)
    _apply(instance, properties)
    instance_states.refresh(instance)
    return _made(instance)


def _update(physical_id: str, old: Properties, new: Properties, stack: str) -> Made:
    instance = ec2._instances.get(physical_id)
    gone = instance is None or instance["State"]["Name"] == "terminated"
    if gone or any(old.get(name) != new.get(name) for name in {*old, *new} - set(_IN_PLACE)):
        return _create(physical_id, new, stack)
    groups = launch.security_groups(list(new.get("SecurityGroupIds") or []))
    instance["SecurityGroups"] = groups or instance["SecurityGroups"]
    instance["InstanceType"] = new.get("InstanceType", instance["InstanceType"])
    instance["IamInstanceProfile"] = launch.profile(new)
    instance["UserData"] = new.get("UserData", "")
    provisioners._ec2_apply_tags(physical_id, new, old)
    _apply(instance, new)
    instance_states.refresh(instance)
    return _made(instance)


def _delete(physical_id: str, properties: Properties) -> None:
    if boolean(properties.get("DisableApiTermination")) and physical_id in ec2._instances:
        raise ValueError(
            f"The instance '{physical_id}' may not be terminated. Modify its 'disableApiTermination' instance "
            "attribute and try again."
        )
    instance_states.terminate(physical_id)
    ec2._tags.pop(physical_id, None)


def _apply(instance: Properties, properties: Properties) -> None:
    """What is only shown, and what happens at a shutdown from inside."""
    given = properties.get("MetadataOptions") or {}
    instance |= {
        "_MetadataOptions": {
            "httpTokens": given.get("HttpTokens", "optional"),
            "httpPutResponseHopLimit": given.get("HttpPutResponseHopLimit", 1),
            "httpEndpoint": given.get("HttpEndpoint", "enabled"),
            "httpProtocolIpv6": given.get("HttpProtocolIpv6", "disabled"),
            "instanceMetadataTags": given.get("InstanceMetadataTags", "disabled"),
        },
        "_EbsOptimized": boolean(properties.get("EbsOptimized")),
        "_ShutdownBehavior": properties.get("InstanceInitiatedShutdownBehavior", "stop"),
        "Monitoring": {"State": "enabled" if boolean(properties.get("Monitoring")) else "disabled"},
        "SourceDestCheck": str(properties.get("SourceDestCheck", True)).lower() == "true",
    }


def _made(instance: Properties) -> Made:
    return instance["InstanceId"], {
        "InstanceId": instance["InstanceId"],
        "VpcId": instance["VpcId"],
        "AvailabilityZone": instance["Placement"]["AvailabilityZone"],
        "PrivateIp": instance["PrivateIpAddress"],
        "PrivateDnsName": instance["PrivateDnsName"],
        "PublicIp": instance["PublicIpAddress"],
        "PublicDnsName": instance["PublicDnsName"],
    }

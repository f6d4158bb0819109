"""A new instance: where it stands, its address, its disks, and the key that cloud-init would install."""

from __future__ import annotations

import ipaddress
from typing import Any

from local.services.ec2 import images

Record = dict[str, Any]
_RESERVED = 4  # AWS keeps the first addresses of each subnet
_ROOT_DEVICE = "/dev/xvda"


def launch(properties: Record) -> Record:
    """Record a running instance for these properties of AWS::EC2::Instance.

    Raises:
        ValueError: Something that it names does not exist, or does not fit; in the words of EC2.
    """
    from ministack.services import ec2

    image, kind = str(properties.get("ImageId", "")), str(properties.get("InstanceType", "m1.small"))
    architecture = images.architecture(image)
    if images.of_instance_type(kind) != architecture:
        raise ValueError(
            f"The architecture '{images.of_instance_type(kind)}' of the specified instance type does not match "
            f"the architecture '{architecture}' of the specified AMI"
        )
    subnet, groups, public = _network(properties)
    key = _key(properties.get("KeyName"))
    instance: Record
    [instance] = ec2._launch_instances_internal(
        image_id=image,
        instance_type=kind,
        subnet_id=subnet["SubnetId"],
        count=1,
        key_name=properties.get("KeyName", ""),
        user_data=properties.get("UserData", ""),
        sg_ids=groups,
        requested_private_ip=properties.get("PrivateIpAddress") or _free_address(subnet),
        iam_profile=profile(properties),
    )
    zone, address = subnet["AvailabilityZone"], instance["PrivateIpAddress"]
    instance |= {
        "Architecture": architecture,
        "Placement": {"AvailabilityZone": zone, "Tenancy": properties.get("Tenancy", "default")},
        "PrivateDnsName": f"ip-{address.replace('.', '-')}.{zone[:-1]}.compute.internal",
        "PublicIpAddress": "",
        "PublicDnsName": "",
        "_PublicAtLaunch": public,
        "_AuthorizedKey": key,
    }
    for name, disk in enumerate(properties.get("BlockDeviceMappings") or []):
        _disk(instance, disk, root=name == 0)
    return instance


def profile(properties: Record) -> Record | None:
    """The instance profile that the properties name, by its name or its ARN.

    Raises:
        ValueError: It does not exist.
    """
    from ministack.services import ec2, iam

    named = properties.get("IamInstanceProfile")
    if not named:
        return None
    name = str(named).rsplit("/", 1)[-1]
    if iam._lookup_instance_profile(name=name) is None:
        raise ValueError(
            f"Value ({name}) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"
        )
    found, _ = ec2._resolve_iam_instance_profile(iam_name=name)
    return dict(found) if found else None


def security_groups(ids: list[str]) -> list[Record]:
    """The groups as an instance's record holds them.

    Raises:
        ValueError: One does not exist.
    """
    from ministack.services import ec2

    for each in ids:
        if each not in ec2._security_groups:
            raise ValueError(f"The security group '{each}' does not exist")
    return [{"GroupId": each, "GroupName": ec2._security_groups[each]["GroupName"]} for each in ids]


def _network(properties: Record) -> tuple[Record, list[str], bool]:
    """Subnet, groups and whether it gets a public address, from the properties or from the first interface of them."""
    from ministack.services import ec2

    first: Record = next(iter(properties.get("NetworkInterfaces") or []), {})
    subnet_id = first.get("SubnetId") or properties.get("SubnetId") or ec2._DEFAULT_SUBNET_ID
    subnet = ec2._subnets.get(subnet_id)
    if subnet is None:
        raise ValueError(f"The subnet ID '{subnet_id}' does not exist")
    groups = list(first.get("GroupSet") or properties.get("SecurityGroupIds") or [])
    if not groups:
        groups = [ec2._vpcs[subnet["VpcId"]].get("DefaultSecurityGroupId", ec2._DEFAULT_SG_ID)]
    security_groups(groups)
    asked = first.get("AssociatePublicIpAddress", subnet.get("MapPublicIpOnLaunch", False))
    return subnet, groups, str(asked).lower() == "true"


def _key(name: str | None) -> str:
    from ministack.services import ec2

    if not name:
        return ""
    record = ec2._key_pairs.get(name)
    if record is None:
        raise ValueError(f"The key pair '{name}' does not exist")
    return str(record.get("PublicKey", ""))


def _free_address(subnet: Record) -> str:
    from ministack.services import ec2

    taken = {held["PrivateIpAddress"] for held in ec2._instances.values()}
    taken |= {held.get("PrivateIpAddress") for held in ec2._network_interfaces.values()}
    hosts = ipaddress.ip_network(subnet["CidrBlock"]).hosts()
    for number, address in enumerate(hosts, start=1):
        if number >= _RESERVED and str(address) not in taken:
            return str(address)
    raise ValueError(f"There are no free addresses in subnet '{subnet['SubnetId']}'")


def _disk(instance: Record, mapping: Record, *, root: bool) -> None:
    """Let the root volume, which every launch makes, be what the mapping asks for; add any other."""
    from ministack.services import ec2

    ebs = mapping.get("Ebs") or {}
    if root and mapping.get("DeviceName", _ROOT_DEVICE) == _ROOT_DEVICE:
        attached = instance["BlockDeviceMappings"][0]
        volume = ec2._volumes[attached["Ebs"]["VolumeId"]]
    else:
        volume = {**ec2._volumes[instance["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]]}
        volume["VolumeId"] = ec2._new_volume_id()
        ec2._volumes[volume["VolumeId"]] = volume
        attached = {
            "DeviceName": mapping["DeviceName"],
            "Ebs": {**instance["BlockDeviceMappings"][0]["Ebs"], "VolumeId": volume["VolumeId"]},
        }
        instance["BlockDeviceMappings"].append(attached)
    kept = str(ebs.get("DeleteOnTermination", True)).lower() == "true"
    attached["Ebs"]["DeleteOnTermination"] = kept
    volume |= {
        "AvailabilityZone": instance["Placement"]["AvailabilityZone"],
        "Size": int(ebs.get("VolumeSize", volume["Size"])),
        "VolumeType": ebs.get("VolumeType", volume["VolumeType"]),
        "Encrypted": str(ebs.get("Encrypted", False)).lower() == "true",
        "KmsKeyId": ebs.get("KmsKeyId", ""),
        "Attachments": [
            {
                **volume["Attachments"][0],
                "VolumeId": volume["VolumeId"],
                "Device": attached["DeviceName"],
                "DeleteOnTermination": kept,
            }
        ],
    }

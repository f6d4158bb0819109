"""The images that templates name by AWS's public parameters; ministack has those for x86 only."""

from __future__ import annotations

from typing import Any

ARM_PARAMETER = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
_ARM_IMAGE = "ami-0a2023a1b2c3d4e5f"
_ARM_NAME = "al2023-ami-2023.6.20241010.0-kernel-6.1-arm64"
_AMAZON = "137112412989"


def install() -> None:
    """Publish Amazon Linux 2023 for ARM: the parameter that says which image it is, and the image."""
    from ministack.services import ec2, ssm

    from local import hooks

    ssm._PUBLIC_AMI_PARAMETERS[ARM_PARAMETER] = _ARM_IMAGE
    # "default" is an alias of the newest kernel that AWS publishes under a name of its own.
    ssm._PUBLIC_AMI_PARAMETERS[ARM_PARAMETER.replace("kernel-default", "kernel-6.1")] = _ARM_IMAGE
    ec2._STUB_AMIS.append(
        (_ARM_IMAGE, _ARM_NAME, "Amazon Linux 2023 AMI (ARM)", "", "/dev/xvda", _AMAZON, "amazon")
    )

    def view(ami_id: str, *rest: Any) -> dict[str, Any]:
        shown: dict[str, Any] = old(ami_id, *rest)
        return {**shown, "Architecture": "arm64"} if ami_id == _ARM_IMAGE else shown

    old = hooks.replace(
        ec2,
        "_stub_image_view",
        view,
        parameters="ami_id name desc platform root_device owner_id owner_alias",
    )


def architecture(image_id: str) -> str:
    """The architecture of an image.

    Raises:
        ValueError: There is no such image, in the words of EC2.
    """
    from ministack.services import ec2

    registered = ec2._images.get(image_id)
    if registered is not None:
        return str(registered.get("Architecture", "x86_64"))
    for stub in ec2._STUB_AMIS:
        if stub[0] == image_id:
            return str(ec2._stub_image_view(*stub)["Architecture"])
    raise ValueError(f"The image id '[{image_id}]' does not exist")


def of_instance_type(instance_type: str) -> str:
    """The architecture of an instance type: Graviton families have a `g` after their generation.

    Example:
        >>> of_instance_type("t4g.nano"), of_instance_type("m7gd.large"), of_instance_type("g5.xlarge")
        ('arm64', 'arm64', 'x86_64')
    """
    family = instance_type.split(".", maxsplit=1)[0]
    after_generation = family.lstrip("abcdefghijklmnopqrstuvwxyz").lstrip("0123456789")
    return "arm64" if family.startswith("a1") or after_generation.startswith("g") else "x86_64"

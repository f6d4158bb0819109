"""The host in front of databases: people forward through it, and can do nothing else on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from data_platform.acknowledgement import acknowledge
from data_platform.foundation.bastion_start import start_script

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_logs as logs

# AWS publishes the newest Amazon Linux 2023 for ARM here; CloudFormation reads it, nothing is looked up at synth.
_IMAGE = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
_ROOT_GIB = 8


class Bastion(Construct):
    """A small ARM instance that takes SSH for one user who may forward to databases and nothing else.

    Its key pair is made by CloudFormation: EC2 keeps the private key as a SecureString in Parameter Store, under
    `/ec2/keypair/<id of the key pair>`, and nobody else has it. It stops itself when nobody came for a while, without
    any right to do so: a shutdown from inside stops it. What runs at its start is said in `start_script`.

    Session Manager cannot record what is sent through a forwarded port; who came, when and with which key is in the
    log of sshd, in both modes.

    Args:
        scope: The construct that owns the bastion.
        construct_id: Name within its scope.
        name: Public name of the instance, its key pair and its role.
        instance_class: Size.
        subnet_id: Where it stands: a private subnet, or an entrance when `public_address`.
        security_group: What it may reach, and who may reach it.
        public_address: Whether it has an address of its own, which it keeps when it stops.
        forwards: Host and port of each database.
        idle_minutes: Minutes without a session after which it stops.
        session_policies: What Session Manager's agent needs; none where SSH comes to the public address.
        key: Encrypts its disk.
        sessions: Log group of its sessions.
        key_version: Which key pair. Another one is made under another name, so that a deployment makes the new pair and
            a host that knows it before the old ones go.

    Attributes:
        instance: The instance.
        key_pair: The key pair.

    Example:
        >>> from aws_cdk import aws_kms as kms
        >>> from aws_cdk import aws_logs as logs
        >>> stack = cdk.Stack()
        >>> sessions = logs.CfnLogGroup(stack, "Sessions", log_group_name="/dp-dev/bastion")
        >>> group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-0a1b2c3d")
        >>> bastion = Bastion(
        ...     stack, "Bastion", name="dp-dev-bastion", instance_class="t4g.nano",
        ...     subnet_id="subnet-0a1b2c3d", security_group=group,
        ...     public_address=False, forwards=[("shop.example", "15432")], idle_minutes=60, session_policies=[],
        ...     key=kms.Key(stack, "Key"), sessions=sessions)
        >>> bastion.key_pair.key_name
        'dp-dev-bastion'
    """

    instance: ec2.CfnInstance
    key_pair: ec2.CfnKeyPair

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        instance_class: str,
        subnet_id: str,
        security_group: ec2.ISecurityGroup,
        public_address: bool,
        forwards: Sequence[tuple[str, str]],
        idle_minutes: int,
        session_policies: Sequence[iam.IManagedPolicy],
        key: kms.IKey,
        sessions: logs.CfnLogGroup,
        key_version: int = 1,
    ) -> None:
        super().__init__(scope, construct_id)
        key_name = name if key_version == 1 else f"{name}-{key_version}"
        self.key_pair = ec2.CfnKeyPair(self, "KeyPair", key_name=key_name, key_type="ed25519")
        start = start_script(forwards=forwards, idle_minutes=idle_minutes, log_group=sessions.ref)
        self.instance = ec2.CfnInstance(
            self,
            "Resource",
            image_id=f"{{{{resolve:ssm:{_IMAGE}}}}}",
            instance_type=instance_class,
            subnet_id=subnet_id,
            security_group_ids=[security_group.security_group_id],
            key_name=self.key_pair.ref,
            iam_instance_profile=self._profile(name, session_policies, sessions).ref,
            monitoring=True,
            ebs_optimized=True,
            instance_initiated_shutdown_behavior="stop",
            metadata_options=ec2.CfnInstance.MetadataOptionsProperty(
                http_tokens="required", http_put_response_hop_limit=1, instance_metadata_tags="disabled"
            ),
            block_device_mappings=[
                ec2.CfnInstance.BlockDeviceMappingProperty(
                    device_name="/dev/xvda",
                    ebs=ec2.CfnInstance.EbsProperty(
                        encrypted=True,
                        kms_key_id=key.key_arn,
                        volume_type="gp3",
                        volume_size=_ROOT_GIB,
                        delete_on_termination=True,
                    ),
                )
            ],
            user_data=cdk.Fn.base64(start),
            tags=[cdk.CfnTag(key="Name", value=name)],
        )
        acknowledge(
            self.instance,
            "AwsSolutions::AwsSolutions-EC29",
            reason="A bastion holds nothing: it is replaced when its image or size changes, and termination protection "
            "would leave the old host running beside the new one. Stacks that must stay are protected as stacks.",
        )
        if public_address:
            # An address of its own, and none by chance: it stays the same when the host stops and starts.
            ec2.CfnEIP(self, "Address", domain="vpc", instance_id=self.instance.ref)

    def _profile(
        self, name: str, policies: Sequence[iam.IManagedPolicy], sessions: logs.CfnLogGroup
    ) -> iam.CfnInstanceProfile:
        role = iam.Role(
            self,
            "Role",
            role_name=name,
            description="Writes the log of the bastion's sessions",
            assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
            managed_policies=list(policies),
        )
        iam.ManagedPolicy(
            self,
            "Policy",
            roles=[role],
            statements=[
                iam.PolicyStatement(
                    actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                    resources=[sessions.attr_arn],  # it ends in `:*`, all streams
                )
            ],
        )
        return iam.CfnInstanceProfile(self, "Profile", instance_profile_name=name, roles=[role.role_name])

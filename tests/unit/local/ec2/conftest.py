"""A bastion as templates of the platform describe it, an RDS database behind it, and the machine's own ssh."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IMAGE = "{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64}}"


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def att(name: str, attribute: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, attribute]}


def user_data(permit_open: str, *, log_group: str = "", idle_seconds: int = 3600) -> str:
    script = (
        f"#!/bin/bash\ncat > /etc/ssh/sshd_config.d/10-bastion.conf <<'EOF'\nAllowUsers tunnel\n"
        f"AllowTcpForwarding local\nPermitOpen {permit_open}\nEOF\nif [ $idle -ge {idle_seconds} ]; then :; fi\n"
    )
    if log_group:
        script += f'{{"log_group_name": "{log_group}"}}\n'
    return base64.b64encode(script.encode()).decode()


def bastion(name: str, permit_open: str = "none", **changes: Any) -> dict[str, Any]:
    """Network, key pair and instance; `changes` overrides properties of the instance."""
    entrance = changes.pop("entrance", "127.0.0.0/16")
    address = changes.pop("address", True)
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": entrance}
    resources = {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.9.0.0/16"}},
        "Subnet": {
            "Type": "AWS::EC2::Subnet",
            "Properties": {
                "VpcId": ref("Vpc"),
                "CidrBlock": "10.9.1.0/24",
                "AvailabilityZone": "ap-southeast-2a",
            },
        },
        "Group": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {
                "GroupDescription": "bastion",
                "VpcId": ref("Vpc"),
                "SecurityGroupIngress": [rule] if entrance else [],
            },
        },
        "KeyPair": {"Type": "AWS::EC2::KeyPair", "Properties": {"KeyName": name, "KeyType": "ed25519"}},
        "Host": {
            "Type": "AWS::EC2::Instance",
            "Properties": {
                "ImageId": IMAGE,
                "InstanceType": "t4g.nano",
                "KeyName": ref("KeyPair"),
                "SubnetId": ref("Subnet"),
                "SecurityGroupIds": [att("Group", "GroupId")],
                "UserData": user_data(permit_open),
                "Tags": [{"Key": "Name", "Value": name}],
                **changes,
            },
        },
    }
    if address:
        resources["Address"] = {
            "Type": "AWS::EC2::EIP",
            "Properties": {"Domain": "vpc", "InstanceId": ref("Host")},
        }
    return resources


@dataclass
class Deployed:
    """A deployed bastion."""

    aws: Any
    name: str
    stack: str
    folder: Path
    keys: dict[str, Path] = field(default_factory=dict)

    def instance(self) -> dict[str, Any]:
        found = self.aws.client("ec2").describe_instances(InstanceIds=[self.aws.resource(self.stack, "Host")])
        [reservation] = found["Reservations"]
        return dict(reservation["Instances"][0])

    @property
    def port(self) -> int | None:
        tags = {tag["Key"]: tag["Value"] for tag in self.instance()["Tags"]}
        return int(tags["local:ssh-port"]) if "local:ssh-port" in tags else None

    def key(self) -> Path:
        [pair] = self.aws.client("ec2").describe_key_pairs(KeyNames=[self.name])["KeyPairs"]
        stored = self.aws.client("ssm").get_parameter(
            Name=f"/ec2/keypair/{pair['KeyPairId']}", WithDecryption=True
        )
        return self.written("right", stored["Parameter"]["Value"])

    def written(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.touch(mode=0o600)
        file.write_text(text)
        return file

    def ssh(
        self, *words: str, key: Path | None = None, port: int | None = None, user: str = "tunnel"
    ) -> list[str]:
        return [
            "ssh", "-i", str(key or self.key()), "-p", str(port or self.port), "-o", "BatchMode=yes",
            "-o", "IdentitiesOnly=yes", "-o", f"UserKnownHostsFile={self.folder}/known",
            "-o", "StrictHostKeyChecking=accept-new", "-o", "HostKeyAlias=bastion", "-F", "none",
            "-o", "ConnectTimeout=5", *words, f"{user}@127.0.0.1",
        ]  # fmt: skip

    def said(self, *words: str, command: str = "", **named: Any) -> subprocess.CompletedProcess[str]:
        line = self.ssh(*words, **named) + ([command] if command else [])
        return subprocess.run(
            line, check=False, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL
        )

    @contextmanager
    def forward(self, destination: str, **named: Any) -> Iterator[tuple[int, subprocess.Popen[str]]]:
        here = free_port()
        line = self.ssh(
            "-N", "-o", "ExitOnForwardFailure=yes", "-L", f"127.0.0.1:{here}:{destination}", **named
        )
        process = subprocess.Popen(line, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
        try:
            wait_for_port(here, process)
            yield here, process
        finally:
            process.terminate()
            process.wait(10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[str]) -> None:
    for _ in range(4800):
        if process.poll() is not None:
            raise AssertionError(process.stderr.read() if process.stderr else "ssh ended")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("ssh opened no port")


@pytest.fixture(scope="session")
def deploy_bastion(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Deploys a bastion on a server: `deploy_bastion(aws, permit_open="host:1", **changes)`."""

    def make(aws: Any, permit_open: str = "none", **changes: Any) -> Deployed:
        name = f"bastion-{uuid.uuid4().hex[:8]}"
        stack = aws.deploy(bastion(name, permit_open, **changes))
        return Deployed(aws=aws, name=name, stack=stack, folder=tmp_path_factory.mktemp("ssh"))

    return make


@pytest.fixture(scope="session")
def templates() -> Any:
    """The functions that make templates."""

    class Templates:
        bastion = staticmethod(bastion)
        user_data = staticmethod(user_data)
        ref = staticmethod(ref)
        att = staticmethod(att)

    os.environ.pop("SSH_AUTH_SOCK", None)
    return Templates

"""The bastion of an environment: found by its name, woken when it sleeps."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from operations.exit_codes import CommandFailed, ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

    from operations.connection import Connection

SSH_PORT = 22
_ALIVE = ("pending", "running", "stopping", "stopped")
# The embedded AWS cannot have port 22 of a laptop: it tags its instance with the port that stands for it.
_LAPTOP_PORT_TAG = "local:ssh-port"
_WAKE_SECONDS = 300
_POLL_SECONDS = 2.0
_POLL_SECONDS_EMBEDDED = 0.1


@dataclass(frozen=True, kw_only=True)
class BastionHost:
    """A running bastion.

    Args:
        instance_id: Its id.
        address: Its public address; empty when SSH goes over Session Manager.
        port: Where SSH listens at the address.
        private_key: The private key of its key pair.
        woken: Whether it was started just now, so that its SSH server may take a minute.
    """

    instance_id: str
    address: str
    port: int
    private_key: str
    woken: bool

    def __repr__(self) -> str:
        """Without the private key."""
        return f"BastionHost({self.instance_id}, {self.address}:{self.port})"


def bastion_host(connection: Connection, *, on_progress: Callable[[str], None]) -> BastionHost:
    """Find the bastion, start it when it is stopped, and fetch its key for this session.

    Args:
        connection: As the role that opens tunnels.
        on_progress: Told what is waited for.

    Raises:
        CommandFailed: there is none, it does not start, or has no address.
    """
    settings = connection.environment.bastion
    if settings is None:
        raise CommandFailed(
            f"environment {connection.environment.name} has no bastion, so nobody reaches its databases. "
            "Mend: set Environment.bastion and deploy.",
            ExitCode.USAGE,
        )
    name = f"{connection.environment.prefix}-bastion"
    found = _newest(connection, name)
    woken = found["State"]["Name"] != "running"
    if woken:
        found = _woken(connection, name, found, on_progress)
    address, port = "", SSH_PORT
    if settings.mode == "ssh":
        address, port = found.get("PublicIpAddress", ""), _port(connection, found)
        if not address:
            raise CommandFailed(
                f"the bastion {found['InstanceId']} has no public address. Mend: deploy the bastion's stack, which "
                'gives it one, or use mode="ssm" in this environment.',
                ExitCode.UNREACHABLE,
            )
    return BastionHost(
        instance_id=found["InstanceId"],
        address=address,
        port=port,
        private_key=_private_key(connection, found),
        woken=woken,
    )


def _newest(connection: Connection, name: str) -> dict[str, Any]:
    """While a bastion is replaced there are two for a minute."""
    filters = [
        {"Name": "tag:Name", "Values": [name]},
        {"Name": "instance-state-name", "Values": list(_ALIVE)},
    ]
    answer = connection.client("ec2").describe_instances(Filters=filters)
    found = [instance for held in answer["Reservations"] for instance in held["Instances"]]
    if not found:
        raise CommandFailed(
            f"no bastion {name} is deployed. Deploy the bastion's stack first.", ExitCode.UNREACHABLE
        )
    newest: dict[str, Any] = max(found, key=lambda instance: instance["LaunchTime"])
    return newest


def _woken(
    connection: Connection, name: str, found: dict[str, Any], on_progress: Callable[[str], None]
) -> dict[str, Any]:
    """Start it, also one that is still stopping, and wait until it runs."""
    deadline = time.monotonic() + _WAKE_SECONDS
    asked = False
    while found["State"]["Name"] != "running":
        state = found["State"]["Name"]
        on_progress(f"the bastion {found['InstanceId']} is {state}: waiting until it runs")
        if time.monotonic() > deadline:
            raise CommandFailed(
                f"the bastion {found['InstanceId']} is still {state} after {_WAKE_SECONDS} s",
                ExitCode.UNREACHABLE,
            )
        if state == "stopped" and not asked:
            connection.client("ec2").start_instances(InstanceIds=[found["InstanceId"]])
            asked = True
        time.sleep(_POLL_SECONDS_EMBEDDED if connection.endpoint else _POLL_SECONDS)
        found = _newest(connection, name)
    return found


def _port(connection: Connection, found: dict[str, Any]) -> int:
    """On AWS it is 22, whatever anybody tags."""
    tags = {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])} if connection.endpoint else {}
    return int(tags.get(_LAPTOP_PORT_TAG, SSH_PORT))


def _private_key(connection: Connection, found: dict[str, Any]) -> str:
    pairs = connection.client("ec2").describe_key_pairs(KeyNames=[found.get("KeyName", "")])["KeyPairs"]
    ssm = connection.client("ssm")
    name = f"/ec2/keypair/{pairs[0]['KeyPairId']}"
    try:
        answer = ssm.get_parameter(Name=name, WithDecryption=True)
    except ssm.exceptions.ParameterNotFound as error:
        raise CommandFailed(
            f"the private key of {found['KeyName']} is not in Parameter Store ({name}): the key pair was not made by "
            "CloudFormation. Mend: deploy the bastion's stack again."
        ) from error
    return str(answer["Parameter"]["Value"])

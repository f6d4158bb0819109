"""Running, stopped, terminated: what changes with an instance's state, and what an instance shows of itself."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from local import persistence
from local.services.ec2 import ssh_servers

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("local.ec2")

Record = dict[str, Any]
_RUNNING, _STOPPED, _TERMINATED = (16, "running"), (80, "stopped"), (48, "terminated")


def install() -> None:
    """Follow the calls that change states, show what templates set, bring servers back after a restart."""
    from ministack.services import ec2

    from local import hooks

    for action in ("StartInstances", "StopInstances", "TerminateInstances", "RebootInstances"):
        ec2._ACTION_MAP[action] = _followed(ec2._ACTION_MAP[action])

    def shown(inst: Record) -> str:
        return _completed(str(old_xml(inst)), inst)

    old_xml = hooks.replace(ec2, "_instance_xml", shown, parameters="inst")

    def load(data: Any) -> None:
        old_load(data)
        _resume()

    old_load = hooks.replace(ec2, "load_persisted_state", load, parameters="data")


def refresh(instance: Record) -> None:
    """Give an instance the addresses that its state and its network give it, and start or stop its SSH server."""
    running = instance["State"]["Name"] == "running"
    public = _has_elastic_address(instance) or (running and bool(instance.get("_PublicAtLaunch")))
    instance["PublicIpAddress"] = ssh_servers.ADDRESS if public else ""
    instance["PublicDnsName"] = "localhost" if public else ""
    ssh_servers.reconcile(instance, on_idle=power_off)
    persistence.touch()


def power_off(instance_id: str) -> None:
    """A shutdown from inside: the instance stops or is terminated, as it was launched for."""
    from ministack.services import ec2

    instance = ec2._instances.get(instance_id)
    if instance is None or instance["State"]["Name"] != "running":
        return
    code, name = _TERMINATED if instance.get("_ShutdownBehavior") == "terminate" else _STOPPED
    instance["State"] = {"Code": code, "Name": name}
    refresh(instance)


def restart(instance: Record) -> None:
    """Stop and start an instance that runs, as a change of its user data does: its scripts read it anew."""
    ssh_servers.stop(instance["InstanceId"])
    refresh(instance)


def terminate(instance_id: str) -> None:
    """End an instance for good, with the disks that are deleted with it; one that is gone is fine."""
    from ministack.services import ec2

    ssh_servers.stop(instance_id)
    instance = ec2._instances.get(instance_id)
    if instance is None:
        return
    ec2._terminate_instances({"InstanceId.1": [instance_id]})
    for disk in instance.get("BlockDeviceMappings", []):
        if disk["Ebs"].get("DeleteOnTermination", True):
            ec2._volumes.pop(disk["Ebs"].get("VolumeId", ""), None)
    refresh(instance)


def _followed(call: Callable[[Record], Any]) -> Callable[[Record], Any]:
    def act(request: Record) -> Any:
        from ministack.services import ec2

        answer = call(request)
        for instance_id in ec2._parse_member_list(request, "InstanceId"):
            instance = ec2._instances.get(instance_id)
            if instance is not None:
                refresh(instance)
        return answer

    return act


def _has_elastic_address(instance: Record) -> bool:
    from ministack.services import ec2

    return any(held.get("InstanceId") == instance["InstanceId"] for held in ec2._addresses.values())


def _resume() -> None:
    """After a restart of the embedded AWS: what ran runs again, and listens where it did."""
    from ministack.core.responses import request_scope
    from ministack.services import ec2

    for (account, region, _), instance in list(ec2._instances.all_items()):
        try:
            with request_scope(account, region):
                ssh_servers.reconcile(instance, on_idle=power_off)
        except Exception:
            logger.exception("The SSH server of %s does not start", instance.get("InstanceId"))


def _completed(shown: str, instance: Record) -> str:
    """No empty addresses, and what ministack's answer leaves out."""
    for empty in ("<ipAddress></ipAddress>", "<dnsName></dnsName>", "<keyName></keyName>"):
        shown = shown.replace(empty, "")
    options = instance.get("_MetadataOptions")
    metadata = (
        f"<metadataOptions><state>applied</state>{''.join(f'<{k}>{v}</{k}>' for k, v in options.items())}"
        "</metadataOptions>"
        if options
        else ""
    )
    optimized = str(bool(instance.get("_EbsOptimized"))).lower()
    head, _, _ = shown.rpartition("</item>")
    return f"{head}<ebsOptimized>{optimized}</ebsOptimized>{metadata}</item>"

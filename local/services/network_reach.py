"""What the deployed security groups let through: every connection that the embedded AWS makes or takes asks here.

Security groups hold on a laptop only where we hold the door: at the ports that we open (a database's front, the
bastion's SSH server). They are read at each question, so a redeployed template changes the next answer.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PROTOCOLS = ("tcp", "6", "-1")


def admits(
    groups_of_destination: Sequence[str],
    *,
    port: int,
    source_groups: Sequence[str] = (),
    source_ip: str | None = None,
) -> bool:
    """Whether the ingress rules of a destination's groups let a TCP connection in.

    Args:
        groups_of_destination: ids of the security groups on the destination's network interface.
        port: the port that the rules speak of: the configured one (5432), not the laptop's free one.
        source_groups: ids of the groups on the source's interface; empty for what is outside of the VPC.
        source_ip: its address, for rules with a CIDR; without one only rules for every address match it.

    Example:
        >>> admits([], port=5432, source_groups=["sg-1"])
        False
    """
    return any(
        _matches(rule, port, groups=source_groups, address=source_ip)
        for rule in _rules(groups_of_destination, "IpPermissions")
    )


def releases(
    source_groups: Sequence[str],
    *,
    port: int,
    destination_groups: Sequence[str] = (),
    destination_ip: str | None = None,
) -> bool:
    """Whether the egress rules of a source's groups let a TCP connection out.

    Args:
        source_groups: ids of the security groups on the source's network interface.
        port: the configured port of the destination.
        destination_groups: ids of the groups on the destination's interface.
        destination_ip: its address, for rules with a CIDR; without one only rules for every address match it.

    Example:
        >>> releases([], port=5432, destination_groups=["sg-1"])
        False
    """
    return any(
        _matches(rule, port, groups=destination_groups, address=destination_ip)
        for rule in _rules(source_groups, "IpPermissionsEgress")
    )


def _rules(groups: Sequence[str], direction: str) -> Iterator[dict[str, Any]]:
    from ministack.services import ec2

    for group in groups:
        found = ec2._security_groups.get(group) or {}
        yield from list(found.get(direction, []))


def _matches(rule: dict[str, Any], port: int, *, groups: Sequence[str], address: str | None) -> bool:
    if str(rule.get("IpProtocol", "-1")).lower() not in _PROTOCOLS or not _spans(rule, port):
        return False
    pairs = {pair.get("GroupId") for pair in rule.get("UserIdGroupPairs", [])}
    return not pairs.isdisjoint(groups) or any(_holds(cidr, address) for cidr in _ranges(rule))


def _spans(rule: dict[str, Any], port: int) -> bool:
    """A rule for every protocol has no ports; one with -1 means all of them."""
    first, last = rule.get("FromPort"), rule.get("ToPort")
    if str(rule.get("IpProtocol", "-1")) == "-1" or first is None or int(first) == -1:
        return True
    return int(first) <= port <= int(first if last is None else last)


def _ranges(rule: dict[str, Any]) -> Iterator[str]:
    from ministack.services import ec2

    yield from (entry["CidrIp"] for entry in rule.get("IpRanges", []))
    yield from (entry["CidrIpv6"] for entry in rule.get("Ipv6Ranges", []))
    for named in rule.get("PrefixListIds", []):
        entries = (ec2._prefix_lists.get(named.get("PrefixListId", "")) or {}).get("Entries", [])
        yield from (entry["Cidr"] for entry in entries)


def _holds(cidr: str, address: str | None) -> bool:
    network = ipaddress.ip_network(cidr, strict=False)
    if address is None:
        return network.prefixlen == 0
    found: Address = ipaddress.ip_address(address)
    return found.version == network.version and found in network

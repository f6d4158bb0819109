"""What differs between the kinds of brokers that MSK offers."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Broker = Literal["express", "standard", "serverless"]
# Clients that log in by IAM, over TLS; no other port is opened to anybody.
IAM_PORT = 9098
# Copies of each partition, and how many of them must have a record before it counts as written. Express has no other.
REPLICAS, IN_SYNC = 3, 2


@dataclass(frozen=True, kw_only=True)
class BrokerTraits:
    """What the constructs know of a kind of broker.

    Args:
        own: Whether there are brokers of our own: with a key, a configuration, topics as code and a cluster policy.
        zones: Numbers of zones over which they may be spread.
        disks: Whether their storage is given to them, and can be full.
    """

    own: bool
    zones: tuple[int, ...]
    disks: bool


TRAITS: Mapping[Broker, BrokerTraits] = MappingProxyType(
    {
        "express": BrokerTraits(own=True, zones=(3,), disks=False),
        "standard": BrokerTraits(own=True, zones=(2, 3), disks=True),
        "serverless": BrokerTraits(own=False, zones=(2, 3, 4, 5), disks=False),
    }
)

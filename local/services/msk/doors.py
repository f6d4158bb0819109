"""The doors of a cluster: one a kind of authentication, each with the port that security groups speak of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Door:
    """One way into a cluster.

    Args:
        name: of the broker's listener.
        port: that of MSK, of which rules of security groups speak; the laptop's is a free one.
        tls: whether the front ends TLS.
        iam: whether a client must prove by IAM who it is.
        public: whether the outside of the network may come.
        answer: in which member of GetBootstrapBrokers it is told.
    """

    name: str
    port: int
    tls: bool
    iam: bool
    public: bool
    answer: str


PLAINTEXT = Door(name="PLAIN", port=9092, tls=False, iam=False, public=False, answer="BootstrapBrokerString")
TLS = Door(name="TLS", port=9094, tls=True, iam=False, public=False, answer="BootstrapBrokerStringTls")
IAM = Door(name="IAM", port=9098, tls=True, iam=True, public=False, answer="BootstrapBrokerStringSaslIam")
PUBLIC_IAM = Door(
    name="PUBLICIAM", port=9198, tls=True, iam=True, public=True, answer="BootstrapBrokerStringPublicSaslIam"
)
ALL = {door.name: door for door in (PLAINTEXT, TLS, IAM, PUBLIC_IAM)}


def of_cluster(cluster: dict[str, Any]) -> list[Door]:
    """The doors that a cluster's settings open.

    Example:
        >>> [door.name for door in of_cluster({"ClusterType": "SERVERLESS"})]
        ['IAM']
        >>> [door.name for door in of_cluster({"ClusterType": "PROVISIONED", "Provisioned": {}})]
        ['TLS']
    """
    if cluster["ClusterType"] == "SERVERLESS":
        return [IAM]
    given = cluster["Provisioned"]
    found = []
    if is_open_to_all(given):
        transit = ((given.get("EncryptionInfo") or {}).get("EncryptionInTransit") or {}).get(
            "ClientBroker", "TLS"
        )
        found += [PLAINTEXT] if "PLAINTEXT" in transit else []
        found += [TLS] if transit.startswith("TLS") else []
    if asks_iam(given):
        found += [IAM] + ([PUBLIC_IAM] if is_public(given) else [])
    return found


def asks_iam(provisioned: dict[str, Any]) -> bool:
    """Whether clients may prove by IAM who they are."""
    sasl = (provisioned.get("ClientAuthentication") or {}).get("Sasl") or {}
    return bool((sasl.get("Iam") or {}).get("Enabled"))


def is_open_to_all(provisioned: dict[str, Any]) -> bool:
    """Whether clients need not say who they are: when asked for, or when nothing is said of authentication."""
    authentication = provisioned.get("ClientAuthentication")
    if not authentication:
        return True
    return bool((authentication.get("Unauthenticated") or {}).get("Enabled"))


def is_public(provisioned: dict[str, Any]) -> bool:
    """Whether the brokers have addresses outside of the network."""
    connectivity = (provisioned.get("BrokerNodeGroupInfo") or {}).get("ConnectivityInfo") or {}
    return bool((connectivity.get("PublicAccess") or {}).get("Type") == "SERVICE_PROVIDED_EIPS")

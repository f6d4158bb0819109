"""The versions of Apache Kafka that MSK has; whichever a cluster asks for, the laptop's engine is Kafka 4.3.1."""

from __future__ import annotations

from typing import Any

from local.services.msk import state
from local.services.refusal import Refusal

Request = dict[str, Any]

# In ascending order; of the Amazon MSK developer guide, "Supported Apache Kafka versions".
_VERSIONS = {
    "2.8.1": "DEPRECATED",
    "3.3.2": "DEPRECATED",
    "3.4.0": "DEPRECATED",
    "3.5.1": "DEPRECATED",
    "3.6.0": "ACTIVE",
    "3.7.x": "ACTIVE",
    "3.7.x.kraft": "ACTIVE",
    "3.8.x": "ACTIVE",
    "3.8.x.kraft": "ACTIVE",
    "3.9.x": "ACTIVE",
    "3.9.x.kraft": "ACTIVE",
    "4.0.x.kraft": "ACTIVE",
    "4.1.x.kraft": "ACTIVE",
}


def require(version: str) -> None:
    """Refuse a version that MSK does not have.

    Raises:
        Refusal: `BadRequestException`, with those that there are.
    """
    if version not in _VERSIONS:
        raise Refusal(
            "BadRequestException",
            f"Unsupported KafkaVersion [{version}]. Valid values: [{', '.join(_VERSIONS)}]",
        )


def later(version: str) -> list[str]:
    """To which versions a cluster of this version can be updated: later ones that keep its kind of metadata.

    Example:
        >>> later("3.8.x.kraft")
        ['3.9.x.kraft', '4.0.x.kraft', '4.1.x.kraft']
    """
    names = list(_VERSIONS)
    after = names[names.index(version) + 1 :] if version in names else []
    return [name for name in after if name.endswith(".kraft") == version.endswith(".kraft")]


def listed(request: Request) -> Request:
    """ListKafkaVersions."""
    items = [{"Version": name, "Status": status} for name, status in _VERSIONS.items()]
    return state.page(items, request, "KafkaVersions")


def compatible(request: Request) -> Request:
    """GetCompatibleKafkaVersions: of one cluster, or of every version."""
    names = list(_VERSIONS)
    if request.get("ClusterArn"):
        cluster = state.cluster(request)
        names = [cluster["Provisioned"]["CurrentBrokerSoftwareInfo"]["KafkaVersion"]]
    return {"CompatibleKafkaVersions": [{"SourceVersion": n, "TargetVersions": later(n)} for n in names]}

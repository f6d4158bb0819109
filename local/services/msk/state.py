"""What MSK remembers, per account and region."""

from __future__ import annotations

import secrets
import string
import time
import uuid
from typing import Any

from ministack.core.responses import AccountRegionScopedDict

from local import identity
from local.services.refusal import Refusal

clusters: Any = AccountRegionScopedDict()  # cluster ARN -> cluster
configurations: Any = AccountRegionScopedDict()  # configuration ARN -> configuration and its revisions
operations: Any = AccountRegionScopedDict()  # operation ARN -> operation on a cluster

_STORES = {"clusters": clusters, "configurations": configurations, "operations": operations}
_VERSION = string.ascii_uppercase + string.digits


def save() -> dict[str, Any]:
    """The whole state, to be kept across a restart."""
    return {name: dict(store._data) for name, store in _STORES.items()}


def load(saved: dict[str, Any]) -> None:
    """Put a saved state back; operations that ran when the server ended have failed, and nothing runs yet."""
    for name, store in _STORES.items():
        store._data = dict(saved.get(name) or {})
    for record in clusters._data.values():
        if record["State"] not in ("DELETING", "FAILED"):
            record["State"] = "REBOOTING_BROKER"
    for operation in operations._data.values():
        if operation["OperationState"] == "UPDATE_IN_PROGRESS":
            operation |= {"OperationState": "UPDATE_FAILED", "EndTime": now()}


def now() -> float:
    """Seconds since 1970."""
    return time.time()


def arn(kind: str, name: str) -> str:
    """A new ARN of a cluster or a configuration: MSK adds an id that is never used again."""
    unique = f"{uuid.uuid4()}-{1 + secrets.randbelow(20)}"
    return f"arn:aws:kafka:{identity.region()}:{identity.account_id()}:{kind}/{name}/{unique}"


def topic_arn(cluster_arn: str, topic: str) -> str:
    """The ARN of a topic, which policies name too.

    Example:
        >>> topic_arn("arn:aws:kafka:r:1:cluster/shop/0a-1", "orders.v1")
        'arn:aws:kafka:r:1:topic/shop/0a-1/orders.v1'
    """
    return f"{cluster_arn.replace(':cluster/', ':topic/', 1)}/{topic}"


def version() -> str:
    """A new version of a cluster, which an update must name.

    Example:
        >>> version()[0], len(version())
        ('K', 14)
    """
    return "K" + "".join(secrets.choice(_VERSION) for _ in range(13))


def cluster(request: dict[str, Any]) -> dict[str, Any]:
    """The cluster that a request names.

    Raises:
        Refusal: `NotFoundException` when there is none.
    """
    found: dict[str, Any] | None = clusters.get(request["ClusterArn"])
    if found is None:
        raise Refusal("NotFoundException", f"The cluster {request['ClusterArn']} does not exist.", 404)
    return found


def configuration(arn_: str) -> dict[str, Any]:
    """The configuration with this ARN.

    Raises:
        Refusal: `NotFoundException` when there is none.
    """
    found: dict[str, Any] | None = configurations.get(arn_)
    if found is None:
        raise Refusal("NotFoundException", f"The configuration {arn_} does not exist.", 404)
    return found


def page(items: list[Any], request: dict[str, Any], member: str) -> dict[str, Any]:
    """One page of a list, by `MaxResults` and `NextToken`.

    Example:
        >>> page([1, 2, 3], {"MaxResults": 2}, "Items")
        {'Items': [1, 2], 'NextToken': '2'}
        >>> page([1, 2, 3], {"MaxResults": 2, "NextToken": "2"}, "Items")
        {'Items': [3]}
    """
    begin = int(request.get("NextToken") or 0)
    end = begin + int(request.get("MaxResults") or 100)
    more = {"NextToken": str(end)} if end < len(items) else {}
    return {member: items[begin:end], **more}

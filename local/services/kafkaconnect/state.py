"""What MSK Connect remembers, per account and region."""

from __future__ import annotations

import os
import secrets
import time
import uuid
from pathlib import Path
from typing import Any

from ministack.core.responses import AccountRegionScopedDict

from local import identity
from local.services.refusal import Refusal

plugins: Any = AccountRegionScopedDict()  # custom plug-in ARN -> plug-in
configurations: Any = AccountRegionScopedDict()  # worker configuration ARN -> worker configuration
connectors: Any = AccountRegionScopedDict()  # connector ARN -> connector
operations: Any = AccountRegionScopedDict()  # operation ARN -> operation on a connector

_STORES = {
    "plugins": plugins,
    "configurations": configurations,
    "connectors": connectors,
    "operations": operations,
}
_UNDER_WAY = {"UPDATE_IN_PROGRESS": "UPDATE_FAILED", "RESTART_IN_PROGRESS": "RESTART_FAILED"}


def save() -> dict[str, Any]:
    """The whole state, to be kept across a restart."""
    return {name: dict(store._data) for name, store in _STORES.items()}


def load(saved: dict[str, Any]) -> None:
    """Put a saved state back; operations that ran when the server ended have failed, and nothing runs yet."""
    for name, store in _STORES.items():
        store._data = dict(saved.get(name) or {})
    for record in connectors._data.values():
        if record["connectorState"] not in ("DELETING", "FAILED"):
            record["connectorState"] = "RESTARTING"
    for operation in operations._data.values():
        was = operation["connectorOperationState"]
        operation["connectorOperationState"] = _UNDER_WAY.get(was, was)


def now() -> float:
    """Seconds since 1970."""
    return time.time()


def arn(kind: str, name: str) -> str:
    """A new ARN: MSK Connect adds an id that is never used again."""
    unique = f"{uuid.uuid4()}-{1 + secrets.randbelow(20)}"
    return f"arn:aws:kafkaconnect:{identity.region()}:{identity.account_id()}:{kind}/{name}/{unique}"


def unique(arn_: str) -> str:
    """The id at the end of an ARN.

    Example:
        >>> unique("arn:aws:kafkaconnect:r:1:connector/orders/0a-1")
        '0a-1'
    """
    return arn_.rsplit("/", 1)[-1]


def folder(kind: str, arn_: str) -> Path:
    """Where the files of a plug-in or a connector lie."""
    return Path(os.environ["LOCAL_AWS_STATE_DIR"]) / "kafkaconnect" / kind / unique(arn_)


def found(store: Any, arn_: str) -> dict[str, Any]:
    """The entry of a store.

    Raises:
        Refusal: `NotFoundException` when there is none.
    """
    entry: dict[str, Any] | None = store.get(arn_)
    if entry is None:
        raise Refusal("NotFoundException", f"There is no {arn_}.", 404)
    return entry


def require_new(store: Any, field: str, name: str) -> None:
    """Refuse a name that is taken.

    Raises:
        Refusal: `ConflictException`.
    """
    if any(one[field] == name for one in store.values()):
        raise Refusal("ConflictException", f"A resource with this name already exists: {name}.", 409)


def listed(store: Any, request: dict[str, Any], member: str, *, field: str, prefix: str) -> dict[str, Any]:
    """One page of the entries whose names begin as asked."""
    begin = request.get(prefix) or ""
    items = [one for one in store.values() if one[field].startswith(begin)]
    first = int(request.get("nextToken") or 0)
    last = first + int(request.get("maxResults") or 100)
    return {member: items[first:last], **({"nextToken": str(last)} if last < len(items) else {})}

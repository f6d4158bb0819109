"""Worker configurations: the properties of a worker that one may choose."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from local.services.kafkaconnect import state
from local.services.refusal import Refusal

Request = dict[str, Any]

# What MSK Connect sets itself; of its developer guide, "Supported worker configuration properties".
_OWN = (
    *(
        "access.control.",
        "admin.",
        "bootstrap.servers",
        "client.id",
        "config.storage.",
        "connector.client.config",
    ),
    *("group.id", "inter.worker.", "listeners", "metric", "plugin.", "rest.", "sasl.", "scheduled.rebalance"),
    *("security.", "socket.", "ssl.", "status.storage.", "worker.sync.", "worker.unsync."),
)


def create(request: Request) -> Request:
    """CreateWorkerConfiguration."""
    name = request["name"]
    state.require_new(state.configurations, "name", name)
    properties(request["propertiesFileContent"])
    revision = {
        "creationTime": state.now(),
        "description": request.get("description") or "",
        "propertiesFileContent": request["propertiesFileContent"],
        "revision": 1,
    }
    made = {
        "creationTime": state.now(),
        "description": request.get("description") or "",
        "latestRevision": revision,
        "name": name,
        "tags": dict(request.get("tags") or {}),
        "workerConfigurationArn": state.arn("worker-configuration", name),
        "workerConfigurationState": "ACTIVE",
    }
    state.configurations[made["workerConfigurationArn"]] = made
    return made


def properties(content: str) -> dict[str, str]:
    """The properties of a file in base64.

    Raises:
        Refusal: `BadRequestException` when it is none, or sets what MSK Connect sets itself.

    Example:
        >>> properties(base64.b64encode(b"offset.storage.topic=offsets").decode())
        {'offset.storage.topic': 'offsets'}
    """
    try:
        text = base64.b64decode(content, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Refusal(
            "BadRequestException", f"propertiesFileContent is no base64 of a text: {error}."
        ) from error
    found = {}
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped or stripped.startswith(("#", "!")):
            continue
        name, separator, value = (part.strip() for part in stripped.partition("="))
        if not separator:
            raise Refusal("BadRequestException", f"{stripped!r} is not name=value.")
        if name.startswith(_OWN):
            raise Refusal("BadRequestException", f"MSK Connect sets {name} itself.")
        found[name] = value
    return found


def of_connector(connector: Request) -> dict[str, str]:
    """The properties that a connector's worker configuration sets; none without one."""
    named = connector.get("workerConfiguration")
    if not named:
        return {}
    found = state.found(state.configurations, named["workerConfigurationArn"])
    return properties(found["latestRevision"]["propertiesFileContent"])


def describe(request: Request) -> Request:
    """DescribeWorkerConfiguration."""
    return state.found(state.configurations, request["workerConfigurationArn"])


def listed(request: Request) -> Request:
    """ListWorkerConfigurations."""
    store = state.configurations
    return state.listed(store, request, "workerConfigurations", field="name", prefix="namePrefix")


def delete(request: Request) -> Request:
    """DeleteWorkerConfiguration; one that a connector uses stays."""
    arn = state.found(state.configurations, request["workerConfigurationArn"])["workerConfigurationArn"]
    users = [
        one["connectorName"]
        for one in state.connectors.values()
        if (one.get("workerConfiguration") or {}).get("workerConfigurationArn") == arn
    ]
    if users:
        raise Refusal("BadRequestException", f"It is in use by the connectors: {', '.join(users)}.")
    del state.configurations[arn]
    return {"workerConfigurationArn": arn, "workerConfigurationState": "DELETING"}

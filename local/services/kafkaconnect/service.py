"""Mounts MSK Connect into ministack, which lacks it."""

from __future__ import annotations

import re
from typing import Any

from local import persistence, shutdown
from local.services import rest_json, when_serving
from local.services.kafkaconnect import connectors, network, plugins, state, worker_configurations, workers
from local.services.refusal import Refusal

NAME = "kafkaconnect"
_ARN = re.compile(r"arn:aws:kafkaconnect:[\w-]+:\d{12}:[\w-]+/[^/]+/[\w-]+")


def _tagged(request: dict[str, Any]) -> dict[str, Any]:
    for store in (state.plugins, state.configurations, state.connectors):
        found: dict[str, Any] | None = store.get(request["resourceArn"])
        if found is not None:
            return found
    raise Refusal("NotFoundException", f"There is no {request['resourceArn']}.", 404)


def _tag(request: dict[str, Any]) -> None:
    _tagged(request).setdefault("tags", {}).update(request["tags"])


def _untag(request: dict[str, Any]) -> None:
    for key in request["tagKeys"]:
        _tagged(request).get("tags", {}).pop(key, None)


OPERATIONS: dict[str, Any] = {
    "CreateConnector": connectors.create,
    "CreateCustomPlugin": plugins.create,
    "CreateWorkerConfiguration": worker_configurations.create,
    "DeleteConnector": connectors.delete,
    "DeleteCustomPlugin": plugins.delete,
    "DeleteWorkerConfiguration": worker_configurations.delete,
    "DescribeConnector": connectors.describe,
    "DescribeConnectorOperation": connectors.operation,
    "DescribeCustomPlugin": plugins.describe,
    "DescribeWorkerConfiguration": worker_configurations.describe,
    "ListConnectorOperations": connectors.operations,
    "ListConnectors": connectors.listed,
    "ListCustomPlugins": plugins.listed,
    "ListTagsForResource": lambda request: {"tags": dict(_tagged(request).get("tags") or {})},
    "ListWorkerConfigurations": worker_configurations.listed,
    "RestartConnector": connectors.restart,
    "TagResource": _tag,
    "UntagResource": _untag,
    "UpdateConnector": connectors.update,
}


def install() -> None:
    """Add the service: routing, IAM, persistence, and workers that come back and end with the server."""
    rest_json.mount(NAME, OPERATIONS, resource=resource)
    network.install()
    persistence.register("aws-kafkaconnect", state.save, _load)
    workers.watch()
    shutdown.register(workers.stop_all)


def _load(saved: dict[str, Any]) -> None:
    state.load(saved)
    when_serving.run(workers.resume_all)


def resource(path: str) -> str | None:
    """The ARN that a request's path names.

    Example:
        >>> resource("/v1/connectors/arn:aws:kafkaconnect:r:000000000000:connector/orders/0a-1")
        'arn:aws:kafkaconnect:r:000000000000:connector/orders/0a-1'
    """
    found = _ARN.search(path)
    return found[0] if found else None

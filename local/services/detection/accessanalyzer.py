"""IAM Access Analyzer: analyzers are kept; they find nothing on a laptop."""

from __future__ import annotations

from typing import Any

from local.services.detection import state
from local.services.refusal import Refusal

Request = dict[str, Any]


def create(request: Request) -> Request:
    """Make an analyzer."""
    name = request["analyzerName"]
    if name in state.analyzers:
        raise Refusal("ConflictException", f"Analyzer {name} already exists", 409)
    state.analyzers[name] = {
        "arn": state.arn("access-analyzer", f"analyzer/{name}"),
        "name": name,
        "type": request["type"],
        "createdAt": state.now(),
        "status": "ACTIVE",
        "tags": request.get("tags") or {},
        "configuration": request.get("configuration"),
    }
    return {"arn": state.analyzers[name]["arn"]}


def get(request: Request) -> Request:
    """An analyzer.

    Raises:
        Refusal: when there is none of that name.
    """
    found = state.analyzers.get(request["analyzerName"])
    if found is None:
        raise Refusal("ResourceNotFoundException", f"There is no analyzer {request['analyzerName']}", 404)
    return {"analyzer": found}


def update(request: Request) -> Request:
    """Change what an analyzer looks for."""
    found = get(request)["analyzer"]
    found["configuration"] = request.get("configuration")
    return {"configuration": found["configuration"]}


def delete(request: Request) -> None:
    """Delete an analyzer."""
    get(request)
    del state.analyzers[request["analyzerName"]]


OPERATIONS: dict[str, Any] = {
    "CreateAnalyzer": create,
    "DeleteAnalyzer": delete,
    "GetAnalyzer": get,
    "ListAnalyzers": lambda _: {"analyzers": list(state.analyzers.values())},
    "UpdateAnalyzer": update,
}

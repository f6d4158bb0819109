"""The resource policy of a cluster, and the tags of clusters and configurations."""

from __future__ import annotations

import json
from typing import Any

from local.services.msk import state
from local.services.refusal import Refusal

Request = dict[str, Any]


def put(request: Request) -> Request:
    """PutClusterPolicy."""
    found = state.cluster(request)
    try:
        policy = json.loads(request["Policy"])
    except json.JSONDecodeError as error:
        raise Refusal("BadRequestException", f"The policy is no JSON: {error}.") from error
    if not isinstance(policy, dict) or not policy.get("Statement"):
        raise Refusal("BadRequestException", "The policy has no Statement.")
    last = found.get("Policy")
    if request.get("CurrentVersion") and (last or {}).get("CurrentVersion") != request["CurrentVersion"]:
        raise Refusal("BadRequestException", "CurrentVersion is not that of the policy.")
    found["Policy"] = {"CurrentVersion": state.version(), "Policy": request["Policy"]}
    return {"CurrentVersion": found["Policy"]["CurrentVersion"]}


def get(request: Request) -> Request:
    """GetClusterPolicy."""
    found = state.cluster(request)
    if not found.get("Policy"):
        raise Refusal("NotFoundException", f"{found['ClusterName']} has no policy.", 404)
    return dict(found["Policy"])


def delete(request: Request) -> None:
    """DeleteClusterPolicy."""
    found = state.cluster(request)
    get(request)
    found.pop("Policy")


def of_arn(arn: str) -> tuple[str, str] | None:
    """The policy that IAM asks when somebody reaches for a cluster, and the cluster's account; None without one."""
    policy = (state.clusters.get(arn) or {}).get("Policy")
    return (str(policy["Policy"]), arn.split(":")[4]) if policy else None


def tags(request: Request) -> Request:
    """ListTagsForResource."""
    return {"Tags": dict(_tagged(request["ResourceArn"]).get("Tags") or {})}


def tag(request: Request) -> None:
    """TagResource."""
    _tagged(request["ResourceArn"]).setdefault("Tags", {}).update(request["Tags"])


def untag(request: Request) -> None:
    """UntagResource."""
    kept = _tagged(request["ResourceArn"]).get("Tags") or {}
    for key in request["TagKeys"]:
        kept.pop(key, None)


def _tagged(arn: str) -> Request:
    found: Request | None = state.clusters.get(arn) or state.configurations.get(arn)
    if found is None:
        raise Refusal("NotFoundException", f"There is no {arn}.", 404)
    return found

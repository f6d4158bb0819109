"""Security Hub: the hub, its standards, and imported findings that are told."""

from __future__ import annotations

from typing import Any

from local import identity
from local.services import aws_events
from local.services.detection import state
from local.services.refusal import Refusal

Request = dict[str, Any]
_HUB = "hub"
_NEEDED = ("AwsAccountId", "CreatedAt", "Description", "GeneratorId", "Id", "ProductArn", "Resources")
_NEEDED_TOO = ("SchemaVersion", "Severity", "Title", "UpdatedAt")


def enable(request: Request) -> None:
    """Switch the hub on."""
    if _HUB in state.hub:
        raise Refusal("ResourceConflictException", "Account is already subscribed to Security Hub", 409)
    state.hub[_HUB] = {
        "HubArn": state.arn("securityhub", "hub/default"),
        "SubscribedAt": state.now(),
        "AutoEnableControls": True,
        "ControlFindingGenerator": request.get("ControlFindingGenerator") or "SECURITY_CONTROL",
        "Tags": request.get("Tags") or {},
    }


def hub(_: Request | None = None) -> Request:
    """The hub.

    Raises:
        Refusal: when it is off.
    """
    found: Request | None = state.hub.get(_HUB)
    if found is None:
        raise Refusal(
            "InvalidAccessException",
            f"Account {identity.account_id()} is not subscribed to AWS Security Hub",
            401,
        )
    return found


def update(request: Request) -> None:
    """Change the hub."""
    given = ("AutoEnableControls", "ControlFindingGenerator")
    hub().update({key: request[key] for key in given if request.get(key) is not None})


def disable(_: Request) -> None:
    """Switch the hub off; standards and findings go along."""
    hub()
    state.hub.clear()
    state.findings.clear()


def enable_standards(request: Request) -> Request:
    """Subscribe to standards."""
    hub()
    made = []
    for wanted in request["StandardsSubscriptionRequests"]:
        name = wanted["StandardsArn"].split("standards/", 1)[-1]
        subscription = {
            "StandardsArn": wanted["StandardsArn"],
            "StandardsInput": wanted.get("StandardsInput") or {},
            "StandardsSubscriptionArn": state.arn("securityhub", f"subscription/{name}"),
            "StandardsStatus": "READY",
        }
        state.hub[subscription["StandardsSubscriptionArn"]] = subscription
        made.append(subscription)
    return {"StandardsSubscriptions": made}


def disable_standards(request: Request) -> Request:
    """End subscriptions to standards."""
    gone = [state.hub.pop(arn, None) for arn in request["StandardsSubscriptionArns"]]
    return {"StandardsSubscriptions": [{**each, "StandardsStatus": "DELETING"} for each in gone if each]}


def standards(request: Request) -> Request:
    """The standards, or those that are asked for."""
    hub()
    wanted = request.get("StandardsSubscriptionArns")
    found = [each for key, each in state.hub.items() if key != _HUB and (not wanted or key in wanted)]
    return {"StandardsSubscriptions": found}


def import_findings(request: Request) -> Request:
    """Take findings, tell of each; what is not whole is refused one by one."""
    hub()
    failed = []
    for given in request["Findings"]:
        missing = [name for name in (*_NEEDED, *_NEEDED_TOO) if not given.get(name)]
        if missing or given["AwsAccountId"] != identity.account_id():
            what = f"lacks {', '.join(missing)}" if missing else "is of another account"
            failed.append(
                {"Id": given.get("Id"), "ErrorCode": "InvalidInput", "ErrorMessage": f"Finding {what}"}
            )
            continue
        finding = {"RecordState": "ACTIVE", "Workflow": {"Status": "NEW"}, "ProductName": "Default", **given}
        state.findings[finding["Id"]] = finding
        aws_events.emit(
            "aws.securityhub",
            "Security Hub Findings - Imported",
            {"findings": [finding]},
            resources=[f"{finding['ProductArn']}/{finding['Id']}"],
        )
    return {
        "FailedCount": len(failed),
        "SuccessCount": len(request["Findings"]) - len(failed),
        "FailedFindings": failed,
    }


OPERATIONS: dict[str, Any] = {
    "BatchDisableStandards": disable_standards,
    "BatchEnableStandards": enable_standards,
    "BatchImportFindings": import_findings,
    "DescribeHub": hub,
    "DisableSecurityHub": disable,
    "EnableSecurityHub": enable,
    "GetEnabledStandards": standards,
    "GetFindings": lambda _: {"Findings": list(state.findings.values())},
    "UpdateSecurityHubConfiguration": update,
}

"""Plans: what is backed up when, for how long, and where it is copied to; they run by the clock."""

from __future__ import annotations

import contextvars
import copy
import datetime as dt
import logging
import threading
import time
import uuid
from typing import Any

from local.services.backup import jobs, points, state, vaults
from local.services.refusal import Refusal
from local.services.scheduler.expressions import Expression, ExpressionError

logger = logging.getLogger("local.backup")

Request = dict[str, Any]
SWEEP_SECONDS = 5
_DEFAULT_SCHEDULE = "cron(0 5 ? * * *)"
_swept_until: dict[str, float] = {}


def create(request: Request) -> Request:
    """Make a plan."""
    plan = {
        "BackupPlanId": str(uuid.uuid4()),
        "CreationDate": state.now(),
        "Tags": dict(request.get("BackupPlanTags") or {}),
        **_checked(request["BackupPlan"]),
    }
    plan["BackupPlanArn"] = state.arn("backup-plan", plan["BackupPlanId"])
    state.plans[plan["BackupPlanId"]] = plan
    return shown(plan)


def get(request: Request) -> Request:
    """A plan with its rules."""
    plan = of(request["BackupPlanId"])
    return {**shown(plan), "BackupPlan": plan["BackupPlan"]}


def update(request: Request) -> Request:
    """Give a plan other rules."""
    plan = of(request["BackupPlanId"])
    plan |= _checked(request["BackupPlan"])
    return shown(plan)


def delete(request: Request) -> Request:
    """Delete a plan without selections."""
    plan = of(request["BackupPlanId"])
    if _selections_of(plan["BackupPlanId"]):
        raise Refusal(
            "InvalidRequestException",
            f"Backup plan {plan['BackupPlanId']} has selections; delete them first.",
        )
    del state.plans[plan["BackupPlanId"]]
    return {**shown(plan), "DeletionDate": state.now()}


def listed(_: Request) -> Request:
    """All plans."""
    return {"BackupPlansList": [shown(plan) for plan in state.plans.values()]}


def select(request: Request) -> Request:
    """Add resources to a plan."""
    plan = of(request["BackupPlanId"])
    given = request["BackupSelection"]
    if not given.get("IamRoleArn"):
        raise Refusal("InvalidParameterValueException", "BackupSelection needs an IamRoleArn.")
    selection = {
        "SelectionId": str(uuid.uuid4()),
        "SelectionName": given["SelectionName"],
        "BackupPlanId": plan["BackupPlanId"],
        "CreationDate": state.now(),
        "IamRoleArn": given["IamRoleArn"],
        "BackupSelection": copy.deepcopy(given),
    }
    state.selections[selection["SelectionId"]] = selection
    return selection


def get_selection(request: Request) -> Request:
    """A selection of a plan."""
    return _selection(request)


def unselect(request: Request) -> None:
    """Take a selection from its plan."""
    del state.selections[_selection(request)["SelectionId"]]


def selections(request: Request) -> Request:
    """The selections of a plan."""
    of(request["BackupPlanId"])
    return {"BackupSelectionsList": _selections_of(request["BackupPlanId"])}


def run(plan: dict[str, Any], rule: dict[str, Any]) -> list[str]:
    """Start the backups of one rule now, as its schedule does; returns the ids of the jobs."""
    started = []
    for selection in _selections_of(plan["BackupPlanId"]):
        for arn in selection["BackupSelection"].get("Resources") or []:
            request = {
                "BackupVaultName": rule["TargetBackupVaultName"],
                "ResourceArn": arn,
                "IamRoleArn": selection["IamRoleArn"],
                "Lifecycle": rule.get("Lifecycle"),
                "CopyActions": rule.get("CopyActions"),
                "CreatedBy": {"BackupPlanId": plan["BackupPlanId"], "BackupRuleId": rule["RuleId"]},
            }
            try:
                started.append(jobs.start_backup(request)["BackupJobId"])
            except Refusal as refusal:
                logger.warning("Plan %s, %s: %s", plan["BackupPlanName"], arn, refusal.message)
    return started


def start_clock() -> None:
    """Look at all plans every few seconds: start what is due, drop what has outlived its retention."""
    threading.Thread(target=_sweep_forever, daemon=True, name="backup-plans").start()


def sweep() -> None:
    """Start every rule that has become due since the last sweep, once, and expire recovery points."""
    points.expire()
    now = state.now()
    for (account, region, _), plan in list(state.plans._data.items()):
        for rule in plan["BackupPlan"]["Rules"]:
            since = _swept_until.setdefault(rule["RuleId"], now)
            if _due(rule, since, now):
                _swept_until[rule["RuleId"]] = now
                contextvars.copy_context().run(_run_in, account, region, plan, rule)


def of(plan_id: str) -> dict[str, Any]:
    """The plan of that id.

    Raises:
        Refusal: when there is none.
    """
    return state.found(state.plans, plan_id, "Backup plan")


def shown(plan: dict[str, Any]) -> Request:
    """What lists show of a plan."""
    return {key: value for key, value in plan.items() if key not in ("BackupPlan", "Tags")}


def _sweep_forever() -> None:
    while True:
        time.sleep(SWEEP_SECONDS)
        try:
            sweep()
        except Exception:
            logger.exception("The plans could not be looked at")


def _run_in(account: str, region: str, plan: dict[str, Any], rule: dict[str, Any]) -> None:
    from ministack.core import responses

    responses.set_request_account_id(account)
    responses.set_request_region(region)
    run(plan, rule)


def _due(rule: dict[str, Any], since: float, now: float) -> bool:
    start = dt.datetime.fromtimestamp(since, dt.UTC)
    coming = _expression(rule).next_after(start, anchor=start)
    return coming is not None and coming.timestamp() <= now


def _expression(rule: dict[str, Any]) -> Expression:
    return Expression(
        text=rule.get("ScheduleExpression") or _DEFAULT_SCHEDULE,
        zone=rule.get("ScheduleExpressionTimezone") or "UTC",
    )


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    """The parts of a plan that are kept, once every rule names a vault, a schedule and a sound lifecycle."""
    plan = copy.deepcopy(given)
    for rule in plan["Rules"]:
        vaults.of(rule["TargetBackupVaultName"])
        try:
            _expression(rule)
        except ExpressionError as error:
            raise Refusal("InvalidParameterValueException", f"Rule {rule['RuleName']}: {error}") from error
        rule.setdefault("RuleId", str(uuid.uuid4()))
    return {"BackupPlanName": plan["BackupPlanName"], "BackupPlan": plan, "VersionId": str(uuid.uuid4())}


def _selection(request: Request) -> dict[str, Any]:
    of(request["BackupPlanId"])
    found = state.found(state.selections, request["SelectionId"], "Backup selection")
    if found["BackupPlanId"] != request["BackupPlanId"]:
        raise Refusal("ResourceNotFoundException", f"The plan has no selection {request['SelectionId']}.")
    return found


def _selections_of(plan_id: str) -> list[dict[str, Any]]:
    return [found for found in state.selections.values() if found["BackupPlanId"] == plan_id]

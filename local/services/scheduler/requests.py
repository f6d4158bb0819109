"""CreateSchedule and UpdateSchedule check what AWS checks: the expression, the zone, the role, the window."""

from __future__ import annotations

from typing import Any

from local.services.scheduler.expressions import Expression, ExpressionError


def install() -> None:
    """Wrap both calls."""
    from ministack.services import scheduler

    from local import hooks

    def create(name: str, body: dict[str, Any]) -> Any:
        return _refusal(body) or old_create(name, body)

    def update(name: str, body: dict[str, Any]) -> Any:
        return _refusal(body) or old_update(name, body)

    old_create = hooks.replace(scheduler, "_create_schedule", create, parameters="name body")
    old_update = hooks.replace(scheduler, "_update_schedule", update, parameters="name body")


def _refusal(body: dict[str, Any]) -> Any:
    from ministack.services import scheduler

    from local import trust

    def refuse(message: str) -> Any:
        return scheduler._error(400, "ValidationException", message)

    if not body.get("ScheduleExpression") or not body.get("Target") or not body.get("FlexibleTimeWindow"):
        return None  # ministack refuses it
    try:
        Expression(text=body["ScheduleExpression"], zone=body.get("ScheduleExpressionTimezone") or "UTC")
        trust.require_service_may_assume(
            body["Target"].get("RoleArn", ""),
            "scheduler.amazonaws.com",
            scheduler._schedule_arn(body.get("GroupName", "default"), "new"),
        )
    except ExpressionError as error:
        return refuse(str(error))
    except trust.AccessDenied:
        return refuse(
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the role: "
            f"{body['Target'].get('RoleArn')}"
        )
    window = body["FlexibleTimeWindow"]
    if window.get("Mode") == "FLEXIBLE" and not window.get("MaximumWindowInMinutes"):
        return refuse("MaximumWindowInMinutes is required when FlexibleTimeWindow Mode is FLEXIBLE")
    return None

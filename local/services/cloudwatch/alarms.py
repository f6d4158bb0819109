"""The clockwork of alarms: evaluated on a timer and after new data, actions by the topic's own policy."""

from __future__ import annotations

import contextvars
import datetime as dt
import json
import logging
import threading
import uuid
from typing import Any

from local import persistence
from local.services.cloudwatch import actions, clock, evaluation

logger = logging.getLogger("local.cloudwatch")

TIMER_SECONDS = 5.0
_AFTER_DATA_SECONDS = 0.5
_ACTIONS = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
_TRIGGER = (
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Unit",
    "Dimensions",
    "Period",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "ComparisonOperator",
    "Threshold",
    "TreatMissingData",
    "Metrics",
)
_new_data = threading.Event()


def install() -> None:
    """Replace ministack's evaluation; start the timer."""
    from ministack.services import cloudwatch

    from local import hooks

    hooks.replace(cloudwatch, "_evaluate_alarm", evaluate, parameters="alarm")
    hooks.replace(cloudwatch, "_evaluate_all_alarms", notice_data, parameters="")
    parameters = "alarm old_state new_state reason"
    hooks.replace(cloudwatch, "_dispatch_alarm_actions", _dispatch, parameters=parameters)
    threading.Thread(target=_run_forever, daemon=True, name="cloudwatch-alarms").start()


def notice_data() -> None:
    """Say that a metric has new data, so that alarms need not wait for the timer."""
    _new_data.set()


def evaluate(alarm: dict[str, Any]) -> None:
    """Bring one metric alarm to its present state, and act on a change."""
    from ministack.services import cloudwatch

    try:
        verdict = evaluation.judge(alarm, now=clock.now())
    except ValueError as error:
        verdict = evaluation.Verdict(state="INSUFFICIENT_DATA", reason=str(error))
    before = alarm["StateValue"]
    if verdict is None or verdict.state == before:
        return
    alarm["StateValue"] = verdict.state
    alarm["StateReason"] = verdict.reason
    alarm["StateUpdatedTimestamp"] = alarm["StateTransitionedTimestamp"] = int(clock.now())
    cloudwatch._record_history(alarm["AlarmName"], before, verdict.state, verdict.reason)
    cloudwatch._dispatch_alarm_actions(alarm, before, verdict.state, verdict.reason)
    cloudwatch._evaluate_parent_alarms(alarm)
    persistence.touch()


def evaluate_everywhere() -> None:
    """Evaluate the alarms of every account and region."""
    from ministack.services import cloudwatch

    for account, region, name in list(cloudwatch._alarms._data):
        contextvars.copy_context().run(_evaluate_in, account, region, name)


def _evaluate_in(account: str, region: str, name: str) -> None:
    from ministack.core import responses
    from ministack.services import cloudwatch

    responses._request_account_id.set(account)
    responses._request_region.set(region)
    alarm = cloudwatch._alarms.get(name)
    if alarm is None:
        return
    try:
        evaluate(alarm)
    except Exception:
        logger.exception("Alarm %s cannot be evaluated", name)


def _run_forever() -> None:
    while True:
        if _new_data.wait(TIMER_SECONDS):
            _new_data.clear()
        evaluate_everywhere()
        threading.Event().wait(_AFTER_DATA_SECONDS)


def _dispatch(alarm: dict[str, Any], before: str, after: str, reason: str) -> None:
    """Tell EventBridge, then every action of the new state."""
    _emit_event(alarm, before, after, reason)
    if not alarm.get("ActionsEnabled", True):
        return
    context = contextvars.copy_context()
    for action in alarm.get(_ACTIONS.get(after, "")) or []:
        message = notification(alarm, before, after, reason)
        threading.Thread(
            target=context.copy().run, args=(actions.perform, alarm, action, after, message), daemon=True
        ).start()


def notification(alarm: dict[str, Any], before: str, after: str, reason: str) -> dict[str, Any]:
    """What an alarm tells its topic, as AWS words it."""
    from ministack.core import responses

    trigger = {key: alarm[key] for key in _TRIGGER if alarm.get(key) is not None}
    return {
        "AlarmName": alarm["AlarmName"],
        "AlarmDescription": alarm.get("AlarmDescription", ""),
        "AWSAccountId": responses.get_account_id(),
        "AlarmConfigurationUpdatedTimestamp": alarm.get("AlarmConfigurationUpdatedTimestamp"),
        "NewStateValue": after,
        "NewStateReason": reason,
        "StateChangeTime": dt.datetime.fromtimestamp(clock.now(), tz=dt.UTC).isoformat(
            timespec="milliseconds"
        ),
        "Region": responses.get_region(),
        "AlarmArn": alarm["AlarmArn"],
        "OldStateValue": before,
        **(_composition(alarm) if "AlarmRule" in alarm else {"Trigger": trigger}),
    }


def _composition(alarm: dict[str, Any]) -> dict[str, Any]:
    """The rule of a composite alarm, and the children by which it changed its state."""
    children = json.loads(alarm.get("StateReasonData") or "{}").get("triggeringAlarms", [])
    triggering = [
        {
            "Arn": child["arn"],
            "State": {"Value": child["state"]["value"], "Timestamp": child["state"]["timestamp"]},
        }
        for child in children
    ]
    return {"AlarmRule": alarm["AlarmRule"], "TriggeringChildren": triggering}


def _emit_event(alarm: dict[str, Any], before: str, after: str, reason: str) -> None:
    """Publish "CloudWatch Alarm State Change" to the default bus."""
    from ministack.services import eventbridge

    detail = {
        "alarmName": alarm["AlarmName"],
        "state": {"value": after, "reason": reason},
        "previousState": {"value": before},
        "configuration": {"description": alarm.get("AlarmDescription", ""), "id": str(uuid.uuid4())},
    }
    entry = {
        "Source": "aws.cloudwatch",
        "DetailType": "CloudWatch Alarm State Change",
        "Detail": json.dumps(detail),
        "Resources": [alarm["AlarmArn"]],
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)

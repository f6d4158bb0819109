"""AWS::CloudWatch::Alarm with metric math, and CompositeAlarm, which ministack's CloudFormation lacks."""

from __future__ import annotations

from typing import Any

from local.cloudformation.extension import boolean
from local.cloudformation.registry import register

_COMPOSITE = ("AlarmActions", "AlarmDescription", "AlarmRule", "InsufficientDataActions", "OKActions", "Tags")


def install() -> None:
    """Let the alarm's handler take Metrics; register the composite alarm."""
    from ministack.services.cloudformation import provisioners

    from local import hooks

    def record(name: str, props: dict[str, Any]) -> dict[str, Any]:
        if not props.get("Metrics"):
            alarm: dict[str, Any] = old(name, props)
            return alarm
        plain = {key: value for key, value in props.items() if key != "Metrics"}
        alarm = old(name, {**plain, "MetricName": "expression", "Namespace": "expression"})
        for field in ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Dimensions"):
            alarm.pop(field, None)
        alarm["Metrics"] = [_query(entry) for entry in props["Metrics"]]
        return alarm

    old = hooks.replace(provisioners, "_cw_metric_alarm_record", record, parameters="name props")
    register("AWS::CloudWatch::CompositeAlarm", create=_create, update=_update, delete=_delete)


def _query(entry: dict[str, Any]) -> dict[str, Any]:
    query = {**entry, "ReturnData": boolean(entry.get("ReturnData", True))}
    if "Period" in query:
        query["Period"] = int(query["Period"])
    if "MetricStat" in query:
        query["MetricStat"] = {**query["MetricStat"], "Period": int(query["MetricStat"]["Period"])}
    return query


def _client() -> Any:
    from local import identity

    return identity.client(identity.root_session(), "cloudwatch")


def _put(name: str, props: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    given = {key: props[key] for key in _COMPOSITE if key in props}
    _client().put_composite_alarm(
        AlarmName=name, ActionsEnabled=boolean(props.get("ActionsEnabled", True)), **given
    )
    found = _client().describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])
    return name, {"Arn": found["CompositeAlarms"][0]["AlarmArn"]}


def _create(logical_id: str, props: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
    from ministack.services.cloudformation import provisioners

    return _put(
        props.get("AlarmName") or provisioners._physical_name(stack_name, logical_id, max_len=255), props
    )


def _update(physical_id: str, _: dict[str, Any], new: dict[str, Any], __: str) -> tuple[str, dict[str, Any]]:
    return _put(new.get("AlarmName", physical_id), new)


def _delete(physical_id: str, _: dict[str, Any]) -> None:
    _client().delete_alarms(AlarmNames=[physical_id])

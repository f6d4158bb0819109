"""Logs, alarms and detectors: encrypted, kept, heard by somebody, and switched on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from data_platform.guardrails.policy import listed
from data_platform.guardrails.rule import Rule, Standards

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.guardrails.estate import Resource
    from data_platform.guardrails.rule import Surroundings

_ALARM = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
_SAYS = ("owner", "severity", "runbook")
_NAMED = re.compile(r"""\b(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*["']?([^"')]+)["']?\s*\)""")


def _log_key(group: Resource, _: Surroundings) -> Iterator[str]:
    if not group.properties.get("KmsKeyId"):
        yield "KmsKeyId is not set"


def _log_retention(group: Resource, _: Surroundings) -> Iterator[str]:
    if not group.properties.get("RetentionInDays"):
        yield "RetentionInDays is not set: it keeps everything for ever"


def _alarm_action(alarm: Resource, _: Surroundings) -> Iterator[str]:
    if not listed(alarm.properties.get("AlarmActions")):
        yield "it has no AlarmActions"
    if str(alarm.properties.get("ActionsEnabled", True)).lower() == "false":
        yield "ActionsEnabled is false"


def _alarm_description(alarm: Resource, _: Surroundings) -> Iterator[str]:
    text = str(alarm.properties.get("AlarmDescription", "")).lower()
    missing = [f"{word.title()}:" for word in _SAYS if f"{word}:" not in text]
    if missing:
        yield f"its description lacks {', '.join(missing)}"


def _alarm_once(composite: Resource, around: Surroundings) -> Iterator[str]:
    told = {str(action) for action in listed(composite.properties.get("AlarmActions"))}
    for name in sorted(set(_NAMED.findall(str(composite.properties.get("AlarmRule", ""))))):
        child = around.estate.find_typed(name, composite, *_ALARM)
        if child and told & {str(action) for action in listed(child.properties.get("AlarmActions"))}:
            yield f"its child {child.name} tells the same topic"


def _detector(resource: Resource, _: Surroundings) -> Iterator[str]:
    given = resource.properties
    if resource.type == "AWS::GuardDuty::Detector" and str(given.get("Enable", "")).lower() != "true":
        yield "Enable is not true"
    if resource.type == "AWS::Macie::Session" and given.get("Status", "ENABLED") != "ENABLED":
        yield f"Status is {given['Status']}"
    if resource.type == "AWS::CloudTrail::Trail":
        for name in ("IsLogging", "EnableLogFileValidation"):
            if str(given.get(name, "")).lower() != "true":
                yield f"{name} is not true"


RULES = (
    Rule(
        id="DP-LOG-KEY",
        title="A log group is encrypted under a customer key.",
        rationale="Logs repeat what they report on; under AWS's own key the lake's key separation ends here.",
        fix="Set encryption_key (data_platform.log_group does).",
        types=("AWS::Logs::LogGroup",),
        check=_log_key,
        standards=Standards(ism=("586",), cpg_234=("52c", "54", "Attachment E 1(a)(b)(d)")),
    ),
    Rule(
        id="DP-LOG-RETENTION",
        title="A log group says how long it keeps what it holds.",
        rationale="Without it logs stay for ever: a bill that only grows, and personal data that nobody deletes.",
        fix="Set the retention of the log group.",
        types=("AWS::Logs::LogGroup",),
        check=_log_retention,
        standards=Standards(ism=("859",), cpg_234=("67",), fsbp=("CloudWatch.16",)),
    ),
    Rule(
        id="DP-ALARM-ACTION",
        title="An alarm tells somebody.",
        rationale="An alarm without action is a light in an empty room.",
        fix="Add an alarm action, such as the topic of its severity.",
        types=_ALARM,
        check=_alarm_action,
        standards=Standards(
            cpg_234=("36i", "36j", "67", "Attachment A 1(e)", "Attachment C 7(h)"),
            fsbp=("CloudWatch.15", "CloudWatch.17"),
        ),
    ),
    Rule(
        id="DP-ALARM-TEXT",
        title="An alarm names its owner, its severity and its runbook.",
        rationale="Who is woken at night must know whose it is, how urgent it is and what to do.",
        fix='End its description with "Owner: … Severity: … Runbook: …".',
        types=_ALARM,
        check=_alarm_description,
        standards=Standards(cpg_234=("36j", "67")),
    ),
    Rule(
        id="DP-ALARM-ONCE",
        title="A composite alarm and its children tell different topics.",
        rationale="One fault would page as often as it has symptoms; who is woken five times for one stops reading.",
        fix="Let the composite page, and its children tell the topic of tickets.",
        types=("AWS::CloudWatch::CompositeAlarm",),
        check=_alarm_once,
        standards=Standards(cpg_234=("36j", "67")),
    ),
    Rule(
        id="DP-DETECTOR-ON",
        title="Detectors and trails are switched on.",
        rationale="A detector that exists and is off passes every inventory and finds nothing.",
        fix="Set Enable (GuardDuty), Status ENABLED (Macie), IsLogging and EnableLogFileValidation (CloudTrail).",
        types=("AWS::GuardDuty::Detector", "AWS::Macie::Session", "AWS::CloudTrail::Trail"),
        check=_detector,
        standards=Standards(
            ism=("586", "1405"),
            cpg_234=("67", "Attachment C 7(h)", "Attachment C 8"),
            fsbp=("CloudTrail.4", "GuardDuty.1", "Macie.1"),
            cis=("3.2",),
        ),
    ),
)

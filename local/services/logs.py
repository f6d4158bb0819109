"""CloudWatch Logs: how the other services write, and what ministack's log groups leave out."""

from __future__ import annotations

import time
from typing import Any

from local.services import embedded_metrics, metric_filters

_KEPT_PER_STREAM = 50_000


def write(group: str, stream: str, events: list[tuple[int, str]]) -> None:
    """Write lines on behalf of a service; a group that does not exist drops them, as AWS does.

    Args:
        group: Name of the log group.
        stream: Name of the stream, made when it does not exist.
        events: Time in milliseconds since 1970 and text, oldest first.
    """
    from ministack.services import cloudwatch_logs

    found = cloudwatch_logs._log_groups.get(group)
    if found is None or not events:
        return
    if stream not in found["streams"]:
        cloudwatch_logs._create_log_stream({"logGroupName": group, "logStreamName": stream})
    lines = [{"timestamp": moment, "message": text} for moment, text in events]
    cloudwatch_logs._put_log_events({"logGroupName": group, "logStreamName": stream, "logEvents": lines})


def make_group(group: str) -> None:
    """Create a log group unless it exists, as Lambda does for a function without one."""
    from ministack.services import cloudwatch_logs

    if group not in cloudwatch_logs._log_groups:
        cloudwatch_logs._create_log_group({"logGroupName": group})


def now_ms() -> int:
    """Milliseconds since 1970."""
    return int(time.time() * 1000)


def install() -> None:
    """Keep the history of a stream bounded, as a laptop runs for days; let filters count and metrics be extracted."""
    from ministack.services import cloudwatch_logs

    from local import hooks

    def append(stream: dict[str, Any], events: list[dict[str, Any]]) -> None:
        old_append(stream, events)
        surplus = len(stream["events"]) - _KEPT_PER_STREAM
        if surplus > 0:
            del stream["events"][:surplus]

    def fan_out(group_name: str, stream_name: str, events: list[dict[str, Any]]) -> None:
        messages = [str(event.get("message", "")) for event in events]
        metric_filters.count(group_name, messages)
        embedded_metrics.extract(messages)
        old_fan_out(group_name, stream_name, events)

    old_append = hooks.replace(cloudwatch_logs, "_append_log_events", append, parameters="stream events")
    old_fan_out = hooks.replace(
        cloudwatch_logs,
        "_fanout_to_subscription_filters",
        fan_out,
        parameters="group_name stream_name events",
    )

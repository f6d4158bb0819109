"""FilterLogEvents page by page: ministack ends at the limit and does not say that there is more; readers lose lines."""

from __future__ import annotations

import json
from typing import Any

_MOST = 10_000
Answer = tuple[int, dict[str, str], bytes]


def install() -> None:
    """Let FilterLogEvents answer a `nextToken` where lines are left, and go on from it."""
    from ministack.services import cloudwatch_logs

    from local import hooks

    def paged(data: dict[str, Any]) -> Answer:
        start, skip = _place(data)
        limit = min(int(data.get("limit", _MOST)), _MOST - skip - 1)  # one more tells whether lines are left
        status, headers, body = old({**data, "startTime": start, "limit": limit + skip + 1})
        if status >= 300:  # noqa: PLR2004 - a refusal
            return status, headers, body
        answer = json.loads(body)
        found = answer["events"]
        answer["events"] = found[skip : skip + limit]
        if len(found) > skip + limit:
            last = found[skip + limit - 1]["timestamp"]
            seen = sum(event["timestamp"] == last for event in found[: skip + limit])
            answer["nextToken"] = f"{last}/{seen}"
        return status, headers, json.dumps(answer).encode()

    old = hooks.replace(cloudwatch_logs, "_filter_log_events", paged, parameters="data")


def _place(data: dict[str, Any]) -> tuple[int | None, int]:
    """Where a page starts: a time, and how many lines of this time were read before."""
    if token := data.get("nextToken"):
        moment, _, skip = str(token).partition("/")
        return int(moment), int(skip)
    return data.get("startTime"), 0

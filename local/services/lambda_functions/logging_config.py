"""What a run writes to CloudWatch Logs: START, END and REPORT as text, or platform events as JSON."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from local.services import logs


def install() -> None:
    """Honour LogFormat JSON and SystemLogLevel; text stays with ministack."""
    from ministack.services import lambda_svc

    from local import hooks

    def emit(
        func: dict[str, Any],
        request_id: str,
        log_text: str,
        error: bool,  # noqa: FBT001 - as in the function it replaces
        duration_ms: int,
        **options: Any,
    ) -> None:
        config = func.get("config") or func
        if (config.get("LoggingConfig") or {}).get("LogFormat") != "JSON":
            old(func, request_id, log_text, error, duration_ms, **options)
            return
        group = config["LoggingConfig"].get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
        logs.make_group(group)
        now = dt.datetime.now(dt.UTC)
        lines = platform_lines(config, request_id, log_text, error=error, duration_ms=duration_ms)
        stream = f"{now:%Y/%m/%d}/[{config.get('Version', '$LATEST')}]{request_id.replace('-', '')}"
        moment = logs.now_ms()
        logs.write(group, stream, [(moment, line) for line in lines])

    old = hooks.replace(lambda_svc, "_emit_lambda_logs", emit)


def platform_lines(
    config: dict[str, Any], request_id: str, log_text: str, *, error: bool, duration_ms: int
) -> list[str]:
    """The lines of one run in JSON format: start, what the function wrote, report.

    Example:
        >>> lines = platform_lines({"MemorySize": 128}, "r", "x", error=True, duration_ms=5)
        >>> json.loads(lines[-1])["record"]["status"]
        'error'
    """
    now = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    metrics = {
        "durationMs": duration_ms,
        "billedDurationMs": duration_ms,
        "memorySizeMB": config.get("MemorySize", 128),
    }
    start = {"requestId": request_id, "version": config.get("Version", "$LATEST")}
    report = {"requestId": request_id, "metrics": metrics, "status": "error" if error else "success"}
    level = (config.get("LoggingConfig") or {}).get("SystemLogLevel", "INFO")
    if level == "WARN":
        return log_text.splitlines()
    return [
        json.dumps({"time": now, "type": "platform.start", "record": start}),
        *log_text.splitlines(),
        json.dumps({"time": now, "type": "platform.report", "record": report}),
    ]

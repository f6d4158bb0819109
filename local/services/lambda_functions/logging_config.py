"""What a run writes to CloudWatch Logs: START, END and REPORT as text, or platform events as JSON."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from local.services import logs


def install() -> None:
    """Honour LogFormat and SystemLogLevel, and write through the API of Logs, so that every line has an id."""
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
        del options
        config = func.get("config") or func
        given = config.get("LoggingConfig") or {}
        if given.get("LogFormat") == "JSON":
            lines = platform_lines(config, request_id, log_text, error=error, duration_ms=duration_ms)
        else:
            megabytes = lambda_svc._probe_peak_memory_mb(func)
            lines = text_lines(config, request_id, log_text, duration_ms=duration_ms, megabytes=megabytes)
        group = given.get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
        logs.make_group(group)
        now = dt.datetime.now(dt.UTC)
        stream = f"{now:%Y/%m/%d}/[{config.get('Version', '$LATEST')}]{request_id.replace('-', '')}"
        moment = logs.now_ms()
        logs.write(group, stream, [(moment, line) for line in lines])

    hooks.replace(lambda_svc, "_emit_lambda_logs", emit)


def text_lines(
    config: dict[str, Any], request_id: str, log_text: str, *, duration_ms: int, megabytes: int
) -> list[str]:
    """The lines of one run in text format: START, what the function wrote, END, REPORT.

    Example:
        >>> text_lines({"MemorySize": 128}, "r", "said", duration_ms=5, megabytes=60)[:3]
        ['START RequestId: r Version: $LATEST', 'said', 'END RequestId: r']
    """
    report = (
        f"REPORT RequestId: {request_id}\tDuration: {duration_ms} ms\tBilled Duration: {duration_ms} ms\t"
        f"Memory Size: {config.get('MemorySize', 128)} MB\tMax Memory Used: {megabytes} MB"
    )
    start = f"START RequestId: {request_id} Version: {config.get('Version', '$LATEST')}"
    return [start, *log_text.splitlines(), f"END RequestId: {request_id}", report]


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

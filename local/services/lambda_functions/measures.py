"""The AWS/Lambda metrics: counted once for each run of a function, whoever invoked it."""

from __future__ import annotations

import time
from typing import Any

from local.services import cloudwatch


def install() -> None:
    """Count in the one place that every invocation passes, instead of in the Invoke API only."""
    from ministack.services import lambda_svc

    from local import hooks

    def execute(func: dict[str, Any], event: Any) -> dict[str, Any]:
        config = func.get("config") or func
        if lambda_svc._function_config_scope_mismatch(config):
            result: dict[str, Any] = old(func, event)  # comes back here in the function's own region
            return result
        began = time.monotonic()
        result = old(func, event)
        _count(config.get("FunctionName", ""), result, (time.monotonic() - began) * 1000)
        return result

    old = hooks.replace(lambda_svc, "_execute_function", execute, parameters="func event")
    hooks.replace(
        lambda_svc,
        "_emit_lambda_metrics",
        lambda *_args, **_kwargs: None,
        parameters="function_name duration_ms error throttle",
    )


def _count(name: str, result: dict[str, Any], milliseconds: float) -> None:
    def record(metric: str, value: float, unit: str = "Count") -> None:
        cloudwatch.record("AWS/Lambda", metric, value, unit=unit, dimensions={"FunctionName": name})

    throttled = bool(result.get("throttle"))
    record("Throttles", int(throttled))
    if throttled:
        return
    record("Invocations", 1)
    record("Errors", int(bool(result.get("error"))))
    record("Duration", milliseconds, "Milliseconds")

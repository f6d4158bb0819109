"""How a failed function reports: the exception's own class as errorType, as on AWS."""

from __future__ import annotations

import re
import threading
from typing import Any

_last = threading.local()
_GONE = {"Worker process died", "Worker returned no response"}
_IMPORT = re.compile(r"No module named|cannot import name")


def install() -> None:
    """Carry the exception's class from the worker process into the answer."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    from local import hooks

    def invoke(self: Any, event: Any, request_id: str, **options: Any) -> dict[str, Any]:
        response: dict[str, Any] = old_invoke(self, event, request_id, **options)
        _last.response = response
        return response

    def execute(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        _last.response = None
        result: dict[str, Any] = old_execute(func, event, request_id)
        if result.get("error") and not result.get("throttle"):
            result["body"] = _body(result.get("body"), getattr(_last, "response", None), request_id)
        return result

    old_invoke = hooks.replace(lambda_runtime.Worker, "invoke", invoke)
    old_execute = hooks.replace(
        lambda_svc, "_execute_function_warm", execute, parameters="func event request_id"
    )


def _body(body: Any, response: dict[str, Any] | None, request_id: str) -> Any:
    if not isinstance(body, dict):
        return body
    message = str(body.get("errorMessage", ""))
    if response is None:  # the worker did not start
        return _start_failure(message)
    if response.get("error_type"):
        return {
            "errorMessage": response["error"],
            "errorType": response["error_type"],
            "requestId": request_id,
            "stackTrace": response.get("stack", []),
        }
    ended = response.get("killed") or (message in _GONE and "exit status 1")
    timed_out = body.get("errorType") == "Sandbox.Timedout"
    return _exited(request_id, str(ended)) if ended and not timed_out else body


def _exited(request_id: str, how: str) -> dict[str, Any]:
    return {
        "errorMessage": f"RequestId: {request_id} Error: Runtime exited with error: {how}",
        "errorType": "Runtime.ExitError",
    }


def _start_failure(message: str) -> dict[str, Any]:
    """The body for a function whose module did not load.

    Example:
        >>> _start_failure("Worker init failed: No module named 'nope'")["errorType"]
        'Runtime.ImportModuleError'
    """
    text = message.removeprefix("Worker init failed: ")
    kind = "Runtime.ImportModuleError" if _IMPORT.search(text) else "Runtime.InitError"
    if "is not authorized to perform: sts:AssumeRole" in text:
        kind = "AccessDeniedException"
        text = f"The role defined for the function cannot be assumed by Lambda. {text}"
    return {"errorMessage": text, "errorType": kind, "stackTrace": []}

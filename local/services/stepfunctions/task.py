"""The Task state: one attempt with its arguments, its time limits and its output."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

from local.services.stepfunctions import integrations, retry, running
from local.services.stepfunctions.errors import Cancelled, state_error, within_limit

if TYPE_CHECKING:
    from collections.abc import Callable

_CALLBACK_POLL_SECONDS = 1.0


def execute(
    state: dict[str, Any], raw_input: Any, execution: dict[str, Any], ctx: dict[str, Any]
) -> tuple[Any, str | None]:
    """Run a Task state with its Retry and Catch; gives output and next state."""
    return retry.under_retry_and_catch(
        state, raw_input, ctx, lambda: _attempt(state, raw_input, execution, ctx)
    )


def _attempt(
    state: dict[str, Any], raw_input: Any, execution: dict[str, Any], ctx: dict[str, Any]
) -> tuple[Any, str | None]:
    from ministack.services import stepfunctions as engine

    resource = state.get("Resource", "")
    jsonata = engine._state_query_language(state, ctx) == "JSONata"
    if ".waitForTaskToken" in resource:
        ctx["Task"] = {"Token": engine.new_uuid()}
    try:
        arguments = _arguments(state, raw_input, ctx, jsonata=jsonata)
        timeout = _seconds(state, "TimeoutSeconds", raw_input, ctx)
        heartbeat = _seconds(state, "HeartbeatSeconds", raw_input, ctx)
        _scheduled(execution, resource, arguments, timeout)
        if ".waitForTaskToken" in resource:
            work = _callback(resource, arguments, ctx["Task"]["Token"], heartbeat)
        else:
            work = lambda: integrations.invoke(resource, arguments)  # noqa: E731
        result = within_limit(_within_time(work, timeout), what="The result of the task")
        _event(execution, resource, "TaskSucceeded", {"output": json.dumps(result, default=str)})
        return _output(state, raw_input, ctx, result, jsonata=jsonata), engine._next_or_end(state)
    except engine._ExecutionError as error:
        kind = (
            "TaskTimedOut" if error.error in {"States.Timeout", "States.HeartbeatTimeout"} else "TaskFailed"
        )
        _event(execution, resource, kind, {"error": error.error, "cause": error.cause})
        raise


def _arguments(state: dict[str, Any], raw_input: Any, ctx: dict[str, Any], *, jsonata: bool) -> Any:
    from ministack.services import stepfunctions as engine

    if jsonata:
        value = engine._apply_jsonata_arguments(state, raw_input, ctx)
    else:
        value = engine._apply_parameters(state, engine._apply_input_path(state, raw_input, ctx), ctx)
    return within_limit(value, what="The arguments of the task")


def _output(state: dict[str, Any], raw_input: Any, ctx: dict[str, Any], result: Any, *, jsonata: bool) -> Any:
    from ministack.services import stepfunctions as engine

    if jsonata:
        output = engine._apply_jsonata_output(state, raw_input, ctx, result=result, default=result)
        engine._apply_state_assign(state, raw_input, ctx, result=result)
        return output
    selected = engine._apply_result_selector(state, result)
    return engine._apply_output_path(state, engine._apply_result_path(state, raw_input, selected), ctx)


def _seconds(state: dict[str, Any], field: str, raw_input: Any, ctx: dict[str, Any]) -> float | None:
    from ministack.services import stepfunctions as engine

    value = state.get(field)
    if isinstance(value, str):
        value = engine._jsonata_state_field(state, field, "number", raw_input, ctx)
    elif f"{field}Path" in state:
        value = engine._resolve_path_or_ctx(state[f"{field}Path"], raw_input, ctx)
    return None if value is None else float(value)


def _within_time(work: Callable[[], Any], timeout: float | None) -> Any:
    """Run `work` on its own thread, so that a stop or the timeout ends the state and not only the work."""
    done = threading.Event()
    attempt = running.scope().child(on_cancel=done.set)
    outcome: dict[str, Any] = {}

    def run() -> None:
        try:
            outcome["result"] = work()
        except BaseException as error:
            outcome["error"] = error
        finally:
            done.set()

    threading.Thread(target=running.in_scope(attempt, run), daemon=True, name="sfn-task").start()
    try:
        in_time = done.wait(timeout)
    finally:
        attempt.close()
    running.scope().check()
    if not in_time:
        attempt.cancel()
        raise state_error("States.Timeout", f"The task took longer than its TimeoutSeconds ({timeout:g} s).")
    error = outcome.get("error")
    if error is None:
        return outcome["result"]
    from ministack.services import stepfunctions as engine

    if isinstance(error, engine._ExecutionError | Cancelled):
        raise error
    raise state_error("States.TaskFailed", f"{type(error).__name__}: {error}") from error


def _callback(resource: str, arguments: Any, token: str, heartbeat: float | None) -> Callable[[], Any]:
    from ministack.services import stepfunctions as engine

    # Registered before the call: the worker may answer before the call returns.
    waiting: dict[str, Any] = {"event": threading.Event(), "result": None, "error": None, "heartbeat": None}
    waiting["machine"] = running.current().execution[
        "stateMachineArn"
    ]  # whose policies decide who may answer
    engine._task_tokens[token] = waiting

    def work() -> Any:
        try:
            integrations.invoke(resource, arguments)
            _await_answer(waiting, heartbeat)
        finally:
            engine._task_tokens.pop(token, None)
        if waiting["error"]:
            raise state_error(waiting["error"]["Error"], waiting["error"]["Cause"])
        try:
            return json.loads(waiting["result"])
        except ValueError as error:
            raise state_error("States.Runtime", "The task's output is not JSON.") from error

    return work


def _await_answer(waiting: dict[str, Any], heartbeat: float | None) -> None:
    last, seen = time.monotonic(), None
    while not waiting["event"].wait(min(_CALLBACK_POLL_SECONDS, heartbeat or _CALLBACK_POLL_SECONDS) / 4):
        running.scope().check()
        if waiting["heartbeat"] != seen:
            last, seen = time.monotonic(), waiting["heartbeat"]
        if heartbeat is not None and time.monotonic() - last > heartbeat:
            raise state_error("States.HeartbeatTimeout", f"No heartbeat for {heartbeat:g} s.")


def _scheduled(execution: dict[str, Any], resource: str, arguments: Any, timeout: float | None) -> None:
    details: dict[str, Any] = {"region": _region(), "parameters": json.dumps(arguments, default=str)}
    if timeout is not None:
        details["timeoutInSeconds"] = int(timeout)
    _event(execution, resource, "TaskScheduled", details)


def _region() -> str:
    from ministack.core.responses import get_region

    return str(get_region())


def _event(execution: dict[str, Any], resource: str, kind: str, details: dict[str, Any]) -> None:
    from ministack.services import stepfunctions as engine

    parts = integrations.parse(resource)
    if parts is None:
        named = {"resourceType": "lambda" if ":lambda:" in resource else "activity", "resource": resource}
    else:
        pattern = f".{parts.pattern}" if parts.pattern else ""
        named = {"resourceType": parts.type, "resource": f"{parts.action}{pattern}"}
    key = f"{kind[0].lower()}{kind[1:]}EventDetails"
    engine._add_event(execution, kind, {key: named | details})

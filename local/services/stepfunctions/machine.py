"""Running a state machine: the loop over its states, alike for an execution and for a branch of it."""

from __future__ import annotations

import contextlib
import copy
import json
import threading
from typing import Any

from local.services.stepfunctions import outcome, running
from local.services.stepfunctions.errors import Cancelled, state_error, within_limit
from local.services.stepfunctions.running import Run


def run_execution(arn: str) -> None:
    """Walk one execution to its end; runs on the execution's own thread."""
    from ministack.services import stepfunctions as engine

    execution = engine._executions.get(arn)
    if execution is None:
        return
    machine = engine._state_machines.get(execution["stateMachineArn"])
    if machine is None:
        outcome.finish(execution, "FAILED", error="StateMachineDeleted", cause="The state machine is gone.")
        return
    run = running.RUNS.setdefault(arn, Run(execution=execution, machine=copy.deepcopy(dict(machine))))
    running.enter(run)
    outcome.started(execution)
    timer: threading.Timer | None = None
    try:
        definition = json.loads(run.machine["definition"])
        timer = _limit(run, definition.get("TimeoutSeconds"))
        context = _context(run, definition)
        output = run_states(
            definition["States"], definition["StartAt"], context["Execution"]["Input"], execution, context
        )
        outcome.finish(execution, "SUCCEEDED", output=json.dumps(output))
    except Cancelled:
        if run.timed_out:
            outcome.finish(
                execution,
                "TIMED_OUT",
                error="States.Timeout",
                cause="The execution took longer than its TimeoutSeconds.",
            )
    except engine._ExecutionError as error:
        outcome.finish(execution, "FAILED", error=error.error, cause=error.cause)
    except Exception as error:
        engine.logger.exception("execution %s", arn)
        outcome.finish(execution, "FAILED", error="States.Runtime", cause=f"{type(error).__name__}: {error}")
    finally:
        if timer is not None:
            timer.cancel()
        running.RUNS.pop(arn, None)


def _limit(run: Run, seconds: float | None) -> threading.Timer | None:
    if seconds is None:
        return None

    def expire() -> None:
        run.timed_out = True
        run.scope.cancel()

    timer = threading.Timer(seconds, expire)
    timer.daemon = True
    timer.start()
    return timer


def _context(run: Run, definition: dict[str, Any]) -> dict[str, Any]:
    execution = run.execution
    return {
        "QueryLanguage": definition.get("QueryLanguage", "JSONPath"),
        "Execution": {
            "Id": run.arn,
            "Input": json.loads(execution["input"] or "{}"),
            "Name": execution["name"],
            "RoleArn": run.role_arn,
            "StartTime": execution["startDate"],
            "RedriveCount": 0,
        },
        "StateMachine": {"Id": execution["stateMachineArn"], "Name": run.machine["name"]},
        "variables": {},
    }


def run_states(
    states: dict[str, Any], start: str, data: Any, execution: dict[str, Any], ctx: dict[str, Any]
) -> Any:
    """Run states from `start` until one ends.

    Raises:
        Exception: The error of a state that nothing took.
        Cancelled: The execution or the branch was stopped.
    """
    from ministack.services import stepfunctions as engine

    name: str | None = start
    current = copy.deepcopy(data)
    while name:
        running.scope().check()
        state = states.get(name)
        if state is None:
            raise state_error("States.Runtime", f"The state '{name}' does not exist.")
        ctx["State"] = {"Name": name, "EnteredTime": engine.now_iso(), "RetryCount": 0}
        kind = state.get("Type")
        _event(execution, f"{kind}StateEntered", name, "input", current)
        output, following = _run_state(kind, state, current, execution, ctx)
        current = within_limit(output, what=f"The output of the state '{name}'")
        _event(execution, f"{kind}StateExited", name, "output", current)
        name = following
    return current


def _run_state(
    kind: str, state: dict[str, Any], data: Any, execution: dict[str, Any], ctx: dict[str, Any]
) -> tuple[Any, str | None]:
    from ministack.services import stepfunctions as engine

    if kind == "Fail":
        raise state_error(*engine._fail_state_error(state, data, ctx))
    if kind == "Succeed":
        return _succeed(state, data, ctx), None
    with_execution = {"Task": "_execute_task", "Parallel": "_execute_parallel", "Map": "_execute_map"}
    plain = {"Pass": "_execute_pass", "Choice": "_execute_choice", "Wait": "_execute_wait"}
    done: tuple[Any, str | None]
    if kind in with_execution:
        done = getattr(engine, with_execution[kind])(state, data, execution, ctx)
    elif kind in plain:
        done = getattr(engine, plain[kind])(state, data, ctx)
    else:
        raise state_error("States.Runtime", f"Unknown state type '{kind}'.")
    return done


def _succeed(state: dict[str, Any], data: Any, ctx: dict[str, Any]) -> Any:
    from ministack.services import stepfunctions as engine

    if engine._state_query_language(state, ctx) == "JSONata":
        return engine._apply_jsonata_output(state, data, ctx, default=data)
    return engine._apply_output_path(state, engine._apply_input_path(state, data, ctx), ctx)


def _event(execution: dict[str, Any], kind: str, name: str, field: str, value: Any) -> None:
    from ministack.services import stepfunctions as engine

    details = "stateEnteredEventDetails" if field == "input" else "stateExitedEventDetails"
    engine._add_event(execution, kind, {details: {"name": name, field: json.dumps(value)}})


def stop(data: dict[str, Any]) -> Any:
    """Answer StopExecution: end the record as ABORTED, then every thread that works for it."""
    from ministack.services import stepfunctions as engine

    arn = data.get("executionArn", "")
    execution = engine._executions.get(arn)
    if execution is None or execution["status"] != "RUNNING":
        return _OLD["stop"](data)
    outcome.finish(execution, "ABORTED", error=data.get("error"), cause=data.get("cause"))
    run = running.RUNS.get(arn)
    if run is not None:
        run.scope.cancel()
    return _OLD["stop"](data)  # the record is ABORTED now: it only answers with the stop date


def keep_old_stop(old: Any) -> None:
    """Remember ministack's StopExecution for its answers."""
    _OLD["stop"] = old


_OLD: dict[str, Any] = {}


def start(data: dict[str, Any]) -> Any:
    """Answer StartExecution: an input above 256 KiB or that is not JSON is refused."""
    return _refusal(data) or _OLD["start"](data)


def start_sync(data: dict[str, Any]) -> Any:
    """Answer StartSyncExecution alike."""
    return _refusal(data) or _OLD["start_sync"](data)


def keep_old_starts(old: Any, old_sync: Any) -> None:
    """Remember ministack's StartExecution and StartSyncExecution."""
    _OLD.update(start=old, start_sync=old_sync)


def _refusal(data: dict[str, Any]) -> Any:
    from ministack.services import stepfunctions as engine

    text = data.get("input", "{}")
    with contextlib.suppress(ValueError):
        json.loads(text)
        if len(text.encode()) <= 256 * 1024:
            return None
        return engine.error_response_json(
            "ValidationException", "The input is longer than 262144 bytes (256 KB).", 400
        )
    return engine.error_response_json(
        "InvalidExecutionInput", "Invalid State Machine Execution Input: not JSON", 400
    )

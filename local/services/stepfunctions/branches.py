"""Parallel and inline Map: branches on threads, each with its own variables, all ended by the first failure."""

from __future__ import annotations

import copy
import threading
from typing import TYPE_CHECKING, Any

from local.services.stepfunctions import queries, running
from local.services.stepfunctions.errors import Cancelled, state_error, within_limit

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_WORKERS = 40  # the documented limit of an inline Map


def parallel(
    state: dict[str, Any], raw_input: Any, execution: dict[str, Any], ctx: dict[str, Any]
) -> tuple[Any, str | None]:
    """One attempt of a Parallel state."""
    from ministack.services import stepfunctions as engine

    if _is_jsonata(state, ctx):
        effective = engine._apply_jsonata_arguments(state, raw_input, ctx)
    else:
        effective = engine._apply_parameters(state, engine._apply_input_path(state, raw_input, ctx), ctx)

    def branch(definition: dict[str, Any]) -> Callable[[], Any]:
        own = copy.deepcopy(ctx)
        return lambda: engine._run_sub_machine(
            definition["States"], definition["StartAt"], effective, execution, own
        )

    results = all_of([branch(b) for b in state.get("Branches", [])], at_once=len(state.get("Branches", [])))
    return _leave(state, raw_input, ctx, results)


def inline_map(
    state: dict[str, Any], raw_input: Any, execution: dict[str, Any], ctx: dict[str, Any]
) -> tuple[Any, str | None]:
    """One attempt of a Map state; a distributed one is handed to ministack's Map Run."""
    from ministack.services import stepfunctions as engine

    processor = state.get("ItemProcessor") or state.get("Iterator", {})
    effective = engine._apply_input_path(state, raw_input, ctx)
    if (processor.get("ProcessorConfig") or {}).get("Mode") == "DISTRIBUTED":
        done: tuple[Any, str | None] = engine._run_distributed_map(
            state, raw_input, effective, processor, execution, ctx
        )
        running.scope().check()
        return done
    items = _items(state, raw_input, effective, ctx)
    at_once = int(_number(state, "MaxConcurrency", raw_input, ctx) or 0) or _MOST_WORKERS

    def iteration(index: int, item: Any) -> Callable[[], Any]:
        own = copy.deepcopy(ctx)
        own["Map"] = {"Item": {"Index": index, "Value": item}}
        return lambda: engine._run_sub_machine(
            processor["States"],
            processor["StartAt"],
            _item_input(state, raw_input, effective, own),
            execution,
            own,
        )

    work = [iteration(index, item) for index, item in enumerate(items)]
    tolerated = _tolerated(state, raw_input, ctx, len(items))
    results = all_of(work, at_once=min(at_once, _MOST_WORKERS), tolerated=tolerated)
    return _leave(state, raw_input, ctx, results)


def all_of(work: list[Callable[[], Any]], *, at_once: int, tolerated: int | None = None) -> list[Any]:
    """Run every piece, at most `at_once` together.

    Args:
        work: The pieces.
        at_once: How many may run together.
        tolerated: Failures that are put up with (their result is the error); None: the first failure ends all.

    Returns:
        The results in the order of the pieces.

    Raises:
        Exception: The first failure, or `States.ExceedToleratedFailureThreshold`.
    """
    scope = running.scope().child()
    slots = threading.Semaphore(max(at_once, 1))
    results: list[Any] = [None] * len(work)
    failures: list[BaseException] = []

    def run(index: int) -> None:
        try:
            scope.check()
            results[index] = work[index]()
        except BaseException as error:
            results[index] = {
                "Error": getattr(error, "error", ""),
                "Cause": getattr(error, "cause", str(error)),
            }
            if not isinstance(error, Cancelled):
                failures.append(error)
                if tolerated is None or len(failures) > tolerated:
                    scope.cancel()
        finally:
            slots.release()

    threads = []
    for index in range(len(work)):
        slots.acquire()
        thread = threading.Thread(target=running.in_scope(scope, lambda i=index: run(i)), daemon=True)  # type: ignore[misc]
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()
    scope.close()
    running.scope().check()
    return _judge(results, failures, tolerated)


def _judge(results: list[Any], failures: list[BaseException], tolerated: int | None) -> list[Any]:
    if not failures or (tolerated is not None and len(failures) <= tolerated):
        return results
    if tolerated is not None:
        raise state_error(
            "States.ExceedToleratedFailureThreshold",
            f"{len(failures)} items failed and {tolerated} may; the first: {failures[0]}",
        )
    first = failures[0]
    raise (
        first
        if hasattr(first, "cause")
        else state_error("States.Runtime", f"{type(first).__name__}: {first}")
    )


def _leave(
    state: dict[str, Any], raw_input: Any, ctx: dict[str, Any], results: list[Any]
) -> tuple[Any, str | None]:
    from ministack.services import stepfunctions as engine

    within_limit(results, what="The results of the branches")
    if _is_jsonata(state, ctx):
        output = engine._apply_jsonata_output(state, raw_input, ctx, result=results, default=results)
        queries.assign(state, raw_input, ctx, result=results)
        return output, engine._next_or_end(state)
    selected = engine._apply_result_selector(state, results)
    output = engine._apply_output_path(state, engine._apply_result_path(state, raw_input, selected), ctx)
    return output, engine._next_or_end(state)


def _items(state: dict[str, Any], raw_input: Any, effective: Any, ctx: dict[str, Any]) -> list[Any]:
    from ministack.services import stepfunctions as engine

    if _is_jsonata(state, ctx) and "Items" in state:
        items = engine._jsonata_state_field(state, "Items", "array", raw_input, ctx)
    else:
        items = engine._resolve_path_or_ctx(state.get("ItemsPath", "$"), effective, ctx)
    if not isinstance(items, list):
        kind = type(items).__name__
        raise state_error("States.Runtime", f"A Map state iterates over an array, but was given a {kind}.")
    return items


def _item_input(state: dict[str, Any], raw_input: Any, effective: Any, ctx: dict[str, Any]) -> Any:
    from ministack.services import stepfunctions as engine

    selector = state.get("ItemSelector") or state.get("Parameters")
    if not selector:
        return ctx["Map"]["Item"]["Value"]
    if _is_jsonata(state, ctx):
        return engine._apply_jsonata_template(selector, raw_input, ctx)
    return engine._resolve_params_obj(selector, effective, ctx)


def _tolerated(state: dict[str, Any], raw_input: Any, ctx: dict[str, Any], items: int) -> int | None:
    count = _number(state, "ToleratedFailureCount", raw_input, ctx)
    share = _number(state, "ToleratedFailurePercentage", raw_input, ctx)
    limits = [int(count)] if count is not None else []
    limits += [int(items * share / 100)] if share is not None else []
    return min(limits) if limits else None


def _number(state: dict[str, Any], field: str, raw_input: Any, ctx: dict[str, Any]) -> float | None:
    from ministack.services import stepfunctions as engine

    if field in state:
        value = engine._apply_jsonata_template(state[field], raw_input, ctx)
    elif f"{field}Path" in state:
        value = engine._resolve_path_or_ctx(state[f"{field}Path"], raw_input, ctx)
    else:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise state_error("States.Runtime", f"{field} must be a number, but was {value!r}.")
    return value


def _is_jsonata(state: dict[str, Any], ctx: dict[str, Any]) -> bool:
    from ministack.services import stepfunctions as engine

    return bool(engine._state_query_language(state, ctx) == "JSONata")

"""The states that steer: Choice and Wait, with what ministack's own leave out."""

from __future__ import annotations

import datetime as dt
from typing import Any

from local.services.stepfunctions import paths, queries, running
from local.services.stepfunctions.errors import state_error


def choice(state: dict[str, Any], raw_input: Any, ctx: dict[str, Any]) -> tuple[Any, str]:
    """Run a Choice state.

    Returns:
        Output and next state.

    Raises:
        Exception: `States.NoChoiceMatched`, or the failure of a condition.
    """
    from ministack.services import stepfunctions as engine

    if engine._state_query_language(state, ctx) != "JSONata":
        return _jsonpath_choice(state, raw_input, ctx)
    chosen = next((c for c in state.get("Choices", []) if _holds(c["Condition"], raw_input, ctx)), None)
    source, following = (chosen, chosen["Next"]) if chosen else (state, state.get("Default"))
    if following is None:
        raise state_error("States.NoChoiceMatched", "No condition was true and the state has no Default.")
    output = engine._apply_jsonata_output(source, raw_input, ctx, default=raw_input)
    queries.assign(source, raw_input, ctx)
    return output, following


def _holds(condition: Any, raw_input: Any, ctx: dict[str, Any]) -> bool:
    from ministack.services import stepfunctions as engine

    value = engine._apply_jsonata_template(condition, raw_input, ctx)
    if not isinstance(value, bool):
        raise state_error(
            "States.QueryEvaluationError",
            f"The Condition '{condition}' must be true or false, but was {value!r}.",
        )
    return value


def _jsonpath_choice(state: dict[str, Any], raw_input: Any, ctx: dict[str, Any]) -> tuple[Any, str]:
    from ministack.services import stepfunctions as engine

    effective = engine._apply_input_path(state, raw_input, ctx)
    for rule in state.get("Choices", []):
        if rule_holds(rule, effective, ctx):
            return engine._apply_output_path(state, effective, ctx), rule["Next"]
    if "Default" not in state:
        raise state_error("States.NoChoiceMatched", "No choice rule matched and the state has no Default.")
    return engine._apply_output_path(state, effective, ctx), state["Default"]


_OLD: dict[str, Any] = {}


def rule_holds(rule: dict[str, Any], data: Any, ctx: Any = None) -> bool:
    """Evaluate a JSONPath choice rule; a variable that does not exist fails it, except for IsPresent."""
    if "And" in rule:
        return all(rule_holds(r, data, ctx) for r in rule["And"])
    if "Or" in rule:
        return any(rule_holds(r, data, ctx) for r in rule["Or"])
    if "Not" in rule:
        return not rule_holds(rule["Not"], data, ctx)
    if "IsPresent" in rule:
        return bool(paths.present(rule["Variable"], data, ctx) == rule["IsPresent"])
    what = "the condition of the choice"
    paths.require(rule.get("Variable", ""), data, ctx, error="States.Runtime", what=what)
    return bool(_OLD["rule"](rule, data, ctx))


def keep_old_rule(old: Any) -> None:
    """Remember ministack's evaluation of a single comparison, which is right."""
    _OLD["rule"] = old


def sleep_until(text: str) -> None:
    """Wait until a point in time, given as ISO 8601 with an offset.

    Raises:
        Exception: `States.Runtime` for another text.
    """
    try:
        target = dt.datetime.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise state_error(
            "States.Runtime", f"'{text}' is not a timestamp such as 2026-01-31T05:00:00Z"
        ) from error
    running.pause(max((target - dt.datetime.now(dt.UTC)).total_seconds(), 0))

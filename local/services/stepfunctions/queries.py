"""JSONata in states: one evaluation, its reserved variable $states, and Assign."""

from __future__ import annotations

import math
from typing import Any

from local.services.stepfunctions.errors import state_error

# AWS gives no figure; a busy laptop must not fail an expression that takes a millisecond when it gets the processor.
TIMEOUT_MS = 15_000
_INTERNAL = {"variables", "QueryLanguage"}


def evaluate(
    expression: str, raw_input: Any, ctx: Any = None, result: Any = None, error_output: Any = None
) -> Any:
    """Evaluate the text inside `{% %}`; the parameters are those of the ministack function it replaces.

    Raises:
        Exception: `States.QueryEvaluationError` for a failing expression and for one without a result.
    """
    import jsonata
    from ministack.services import stepfunctions

    ctx = ctx or {}
    null = jsonata.utils.Utils.NULL_VALUE
    variables = ctx.get("variables", {})
    bindings = {name: null if value is None else value for name, value in variables.items()}
    bindings["states"] = _states(raw_input, ctx, result, error_output)
    try:
        parsed = jsonata.Jsonata.jsonata(expression, timeout=TIMEOUT_MS)
        stepfunctions._register_sfn_jsonata_functions(parsed)
        value = parsed.evaluate(None, bindings)
    except Exception as error:
        code = getattr(error, "error", None)
        message = f"{code}: {error}" if isinstance(code, str) and code else str(error)
        raise state_error(
            "States.QueryEvaluationError", f"The JSONata expression '{expression}' failed: {message}"
        ) from error
    if value is None and not stepfunctions._jsonata_result_defined(expression, bindings):
        raise state_error(
            "States.QueryEvaluationError",
            f"The JSONata expression '{expression}' returned nothing (undefined).",
        )
    return _json(value, expression)


def _states(raw_input: Any, ctx: dict[str, Any], result: Any, error_output: Any) -> dict[str, Any]:
    states = {"input": raw_input, "context": {key: ctx[key] for key in ctx if key not in _INTERNAL}}
    if result is not None:
        states["result"] = result
    if error_output is not None:
        states["errorOutput"] = error_output
    return states


def _json(value: Any, expression: str) -> Any:
    """The value in plain JSON types: whole floats become integers, as JavaScript writes them."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if math.isnan(value) or math.isinf(value):
            raise state_error("States.QueryEvaluationError", f"'{expression}' is not a finite number.")
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, dict):
        return {str(key): _json(item, expression) for key, item in value.items()}
    if isinstance(value, list | tuple | range):
        return [_json(item, expression) for item in value]
    if type(value).__name__ == "_NullValue" or str(value) == "null":
        return None
    raise state_error(
        "States.QueryEvaluationError", f"'{expression}' returned a value that JSON cannot hold."
    )


def assign(
    state: dict[str, Any], raw_input: Any, ctx: Any, result: Any = None, error_output: Any = None
) -> None:
    """Evaluate a state's Assign: every expression sees the variables as they were before it."""
    from ministack.services import stepfunctions

    fields = state.get("Assign")
    if not isinstance(fields, dict):
        return
    values = {
        name: stepfunctions._apply_jsonata_template(template, raw_input, ctx, result, error_output)
        for name, template in fields.items()
    }
    ctx.setdefault("variables", {}).update(values)

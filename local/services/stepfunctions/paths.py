"""Strict JSONPath: a path that selects nothing fails the state instead of giving null."""

from __future__ import annotations

import json
from typing import Any

from local.services.stepfunctions.errors import state_error

_MISSING = object()


def select(path: str, data: Any, ctx: Any = None) -> Any:
    """The value at `path`, or a marker when there is none.

    Example:
        >>> select("$.a[0].b", {"a": [{"b": 1}]})
        1
        >>> present("$.a.c", {"a": {}})
        False
    """
    from ministack.services import stepfunctions

    source, text = (ctx or {}, path[1:]) if path.startswith("$$") else (data, path)
    if text == "$" or not text.startswith("$"):
        return source if text in {"$", ""} else text
    tokens = stepfunctions._parse_jsonpath_tokens(text)
    if tokens is None:
        return _MISSING
    if any(kind == "wildcard" for kind, _ in tokens):
        return stepfunctions._resolve_path(text, source)
    value = source
    for kind, key in tokens:
        fits = (kind == "field" and isinstance(value, dict) and key in value) or (
            kind == "index" and isinstance(value, list) and key < len(value)
        )
        if not fits:
            return _MISSING
        value = value[key]
    return value


def present(path: str, data: Any, ctx: Any = None) -> bool:
    """Whether the path selects something."""
    return select(path, data, ctx) is not _MISSING


def require(path: str, data: Any, ctx: Any, *, error: str, what: str) -> Any:
    """The value at `path`.

    Raises:
        Exception: `error` naming the path and the data it was looked up in.
    """
    value = select(path, data, ctx)
    if value is _MISSING:
        shown = json.dumps(data, default=str)[:1000]
        raise state_error(
            error, f"The JSONPath '{path}' specified for {what} could not be found in '{shown}'"
        )
    return value


def input_path(state: dict[str, Any], data: Any, ctx: Any = None) -> Any:
    """Apply InputPath."""
    return _state_path(state, "InputPath", data, ctx)


def output_path(state: dict[str, Any], data: Any, ctx: Any = None) -> Any:
    """Apply OutputPath."""
    return _state_path(state, "OutputPath", data, ctx)


def _state_path(state: dict[str, Any], name: str, data: Any, ctx: Any) -> Any:
    path = state.get(name, "$")
    if path is None:
        return {}
    return require(path, data, ctx, error="States.Runtime", what=f"the field '{name}'")


def template(value: Any, data: Any, ctx: Any = None) -> Any:
    """Resolve Parameters, ItemSelector or ResultSelector: keys that end in `.$` select or compute."""
    if isinstance(value, list):
        return [template(item, data, ctx) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        (key.removesuffix(".$")): (
            _selected(item, data, ctx, key) if key.endswith(".$") else template(item, data, ctx)
        )
        for key, item in value.items()
    }


def _selected(expression: Any, data: Any, ctx: Any, key: str) -> Any:
    from ministack.services import stepfunctions

    if not isinstance(expression, str):
        return expression
    if expression.startswith("States."):
        return stepfunctions._evaluate_intrinsic(expression, data, ctx)
    return require(expression, data, ctx, error="States.ParameterPathFailure", what=f"the field '{key}'")


def intrinsic_argument(arg: Any, data: Any, ctx: Any) -> Any:
    """One argument of an intrinsic function; a path must select something."""
    from ministack.services import stepfunctions

    kind = arg[0]
    if kind == "path":
        return require(arg[1], data, ctx, error="States.IntrinsicFailure", what="an intrinsic function")
    if kind == "call":
        return stepfunctions._exec_intrinsic(arg, data, ctx)
    return arg[1]

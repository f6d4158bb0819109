"""What a JSON schema validator says, said to the author of a contract: line, field, what, allowed, mend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.contracts.errors import Finding, did_you_mean
from data_platform.contracts.place import finding
from data_platform.contracts.source_map import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jsonschema import Draft201909Validator

    from data_platform.contracts.source_map import Document, Steps

_JSON_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}
_UNKNOWN_KEY = ("additionalProperties", "unevaluatedProperties", "propertyNames")
_SHOWN = 60  # characters of a wrong value that a message repeats


def findings_of(
    document: Document,
    base: Steps,
    value: Any,
    validator: Draft201909Validator,
    origins: Mapping[str, Steps] | None = None,
) -> list[Finding]:
    """The findings of a validator on a value of the document.

    Args:
        document: The file, for lines.
        base: Steps of the value from the document's root.
        value: What is validated.
        validator: The schema.
        origins: For a folded mapping: where the value of each key really stands.
    """
    found: dict[Finding, None] = {}
    for error in validator.iter_errors(value):
        for leaf in _leaves(error):
            relative = tuple(leaf.absolute_path)
            steps = (*base, *relative)
            if origins and relative and relative[0] in origins:
                steps = (*origins[str(relative[0])], *relative[1:])
            for one in _findings(document, steps, leaf, validator, origins):
                found[one] = None
    return list(found)


def _leaves(error: Any) -> Iterable[Any]:
    """The error itself, or what is wrong with the alternative that comes closest."""
    if error.validator not in ("anyOf", "oneOf") or not error.context:
        return [error]
    if _operators(error):
        return [error]
    branches: dict[Any, list[Any]] = {}
    for cause in error.context:
        branches.setdefault(cause.schema_path[0], []).append(cause)
    # An alternative of another type was not meant; the one with the deepest, fewest errors was.
    meant = [
        causes
        for causes in branches.values()
        if not any(cause.validator == "type" and not cause.path for cause in causes)
    ]
    if not meant:
        return [error]
    best = max(meant, key=lambda causes: (max(len(cause.path) for cause in causes), -len(causes)))
    return [leaf for cause in best for leaf in _leaves(cause)]


def _operators(error: Any) -> list[str]:
    """The keys when the alternatives only ask for one key each (`mustBe`, `mustBeLessThan` ...)."""
    options = error.validator_value
    keys = [option["required"][0] for option in options if set(option) == {"properties", "required"}]
    return keys if len(keys) == len(options) else []


def _findings(
    document: Document,
    steps: Steps,
    error: Any,
    validator: Draft201909Validator,
    origins: Mapping[str, Steps] | None,
) -> Iterable[Finding]:
    if error.validator in _UNKNOWN_KEY:
        return _unknown_keys(document, steps, error, validator, origins)
    if error.validator == "required":
        return _missing_keys(document, steps, error)
    what, allowed, mend = _words(document, steps, error)
    return [finding(document, steps, what, allowed=allowed, mend=mend)]


def _unknown_keys(
    document: Document,
    steps: Steps,
    error: Any,
    validator: Draft201909Validator,
    origins: Mapping[str, Steps] | None,
) -> list[Finding]:
    if error.validator == "propertyNames":
        known, unknown = set(error.schema["propertyNames"]["enum"]), [str(error.instance)]
        unknown = [] if error.instance in known else unknown
    else:
        known = _known_keys(error.schema, validator)
        # One broken key makes unevaluatedProperties distrust its neighbours: only strangers are strange.
        unknown = [key for key in error.instance if key not in known]
    found = []
    for key in unknown:
        at = origins[key] if origins and key in origins else (*steps, key)
        mend = did_you_mean(key, known) or "correct or remove it"
        listed = ", ".join(sorted(known))
        found.append(finding(document, at, f"{key!r} is not known here", allowed=listed, mend=mend))
    return found


def _missing_keys(document: Document, steps: Steps, error: Any) -> list[Finding]:
    missing = [key for key in error.validator_value if key not in error.instance]
    return [finding(document, steps, f"{key!r} is missing", mend=f"add `{key}:`") for key in missing]


def _known_keys(schema: Any, validator: Draft201909Validator, depth: int = 0) -> set[str]:
    """Every key that a schema speaks of at its own level."""
    if not isinstance(schema, dict) or depth > 8:  # noqa: PLR2004 # ODCS refers 4 levels deep
        return set()
    known = {key for key, below in schema.get("properties", {}).items() if below != {"not": {}}}
    below = [schema[key] for key in ("then", "else", "if") if key in schema]
    below += [part for key in ("allOf", "anyOf", "oneOf") for part in schema.get(key, [])]
    if "$ref" in schema:
        below.append(_resolve(schema["$ref"], validator.schema))
    for part in below:
        known |= _known_keys(part, validator, depth + 1)
    return known


def _resolve(reference: str, root: Any) -> Any:
    value = root
    for step in reference.removeprefix("#/").split("/"):
        value = value[step]
    return value


def _words(document: Document, steps: Steps, error: Any) -> tuple[str, str, str]:
    """What, allowed and mend of an error that is about one value."""
    described = str(error.schema.get("description", "")) if isinstance(error.schema, dict) else ""
    value, bound = error.instance, error.validator_value
    shown = _show(value)
    kind = str(error.validator)
    if kind == "type":
        return _wrong_type(document, steps, error)
    if kind in ("enum", "const"):
        options = [str(option) for option in (bound if kind == "enum" else [bound])]
        quoted = 'quote it: "null"' if value is None and "null" in options else ""
        return f"{shown} is not allowed", ", ".join(options), quoted or did_you_mean(value, options)
    if kind == "pattern":
        return f"{shown} is not allowed", described or f"text that matches {bound}", ""
    if kind == "not":
        return "is refused on this platform", "", described or "remove it"
    if kind in ("oneOf", "anyOf"):
        keys = _operators(error)
        written = [key for key in keys if isinstance(value, dict) and key in value]
        what = f"has {len(written)} of the comparisons" if keys else f"{shown} fits no allowed form"
        return what, f"exactly one of {', '.join(keys)}" if keys else described, ""
    return _BOUNDS.get(kind, "{shown} is not allowed").format(shown=shown, bound=bound), described, ""


_BOUNDS = {
    "minItems": "has too few items, at least {bound}",
    "maxItems": "has too many items, at most {bound}",
    "minLength": "{shown} is too short, at least {bound} characters",
    "maxLength": "{shown} is too long, at most {bound} characters",
    "minimum": "{shown} is too small, at least {bound}",
    "maximum": "{shown} is too large, at most {bound}",
    "exclusiveMinimum": "{shown} is too small, more than {bound}",
    "uniqueItems": "{shown} has an item twice",
}


def _wrong_type(document: Document, steps: Steps, error: Any) -> tuple[str, str, str]:
    bound = error.validator_value
    types: list[str] = bound if isinstance(bound, list) else [bound]
    allowed = " or ".join(_JSON_TYPES.get(one, one) for one in types)
    raw = document.raw(steps)
    if error.instance is None:
        return "is empty", allowed, "write a value or remove the line"
    if "string" in types and raw is not None:
        return f"{raw} without quotes is a {kind_of(error.instance)}", allowed, f'quote it: "{raw}"'
    mend = (
        "remove the quotes"
        if isinstance(error.instance, str) and set(types) & {"integer", "number", "boolean"}
        else ""
    )
    return f"{_show(error.instance)} is a {kind_of(error.instance)}", allowed, mend


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."

"""Refuses a template with a property that nobody acts on, before anything is created or changed.

Stock ministack drops what it does not know and reports success; then a green deploy proves little. Here every
property is acted on, recorded with a reason (`GET /_local/recorded` lists what was deployed so), or refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local import gateway, hooks
from local.cloudformation.property_lists import TypeList, known_types

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOT_GUARDED = ("Custom::", "AWS::CloudFormation::", "AWS::CDK::")
_SHOWN = 25


@dataclass(frozen=True, kw_only=True, order=True)
class Finding:
    """One property of a template that is not known."""

    logical_id: str
    resource_type: str
    path: str
    file: str


def install() -> None:
    """Put the guard where ministack refuses unknown resource types: create, update, change set, validate."""
    from ministack.services.cloudformation import changesets, engine, handlers

    known_types()  # a mistake in a property list must stop the start, not a deploy

    def validate_template_support(template: Any, conditions: Any, params: Any = None) -> None:
        old(template, conditions, params)
        refuse_unknown(template, conditions)

    old = hooks.replace(
        engine,
        "validate_template_support",
        validate_template_support,
        parameters="template conditions params",
    )
    hooks.replace(changesets, "validate_template_support", validate_template_support)
    hooks.replace(handlers, "validate_template_support", validate_template_support)
    _guard_nested_stacks()
    gateway.page("/_local/recorded", recorded_of_stacks)


def _guard_nested_stacks() -> None:
    """A nested stack's template is fetched during the deploy only: it fails its resource, and rolls back."""
    from ministack.services.cloudformation import provisioners

    def check(parent_stack_name: str, template: dict[str, Any]) -> None:
        old(parent_stack_name, template)
        refuse_unknown(template, {})

    old = hooks.replace(
        provisioners, "_check_nested_stack_capabilities", check, parameters="parent_stack_name template"
    )


def refuse_unknown(template: dict[str, Any], conditions: dict[str, bool]) -> None:
    """Refuse a template with unlisted properties.

    Raises:
        ValueError: names each logical id, type and path, and how to mend; ministack answers it as the
            ValidationError of the request, which `cdk deploy` prints.
    """
    found = findings(template, conditions)
    if not found:
        return
    lines = [f"{f.logical_id} ({f.resource_type}): {f.path}" for f in found[:_SHOWN]]
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    files = ", ".join(sorted({f"local/cloudformation/properties/{f.file}" for f in found}))
    raise ValueError(
        f"The embedded AWS neither acts on nor records {len(found)} properties of this template, so nothing "
        f"was changed: {'; '.join(lines)}{more}. Mend: remove the property, or implement it and list it "
        f"under 'acted', or list it under 'recorded' with a reason, in {files}"
    )


def findings(template: dict[str, Any], conditions: dict[str, bool]) -> list[Finding]:
    """The unlisted properties of a template, sorted by logical id and path."""
    found = set()
    for logical_id, resource_type, properties in _resources(template, conditions):
        known = known_types().get(resource_type)
        file = known.file if known else f"{resource_type.split('::')[1]}.yaml"
        for path, whole in leaves(properties):
            if known is None or not known.covers(path, whole=whole):
                top = known.unknown_part(path) if known else path
                found.add(Finding(logical_id=logical_id, resource_type=resource_type, path=top, file=file))
    return sorted(found)


def recorded(template: dict[str, Any], conditions: dict[str, bool]) -> Iterator[tuple[str, str, str]]:
    """Type, property and reason of each recorded-only property that a template sets."""
    for _, resource_type, properties in _resources(template, conditions):
        known = known_types().get(resource_type)
        if known is not None:
            yield from _recorded_of(resource_type, known, properties)


def recorded_of_stacks() -> list[dict[str, Any]]:
    """What the deployed stacks ask for that is stored without effect: type, property, reason, count."""
    from ministack.services.cloudformation import _stacks

    counts: dict[tuple[str, str, str], int] = {}
    for stack in list(_stacks._data.values()):
        if str(stack.get("StackStatus", "")).startswith("DELETE"):
            continue
        for entry in recorded(stack.get("_template") or {}, stack.get("_conditions") or {}):
            counts[entry] = counts.get(entry, 0) + 1
    return [
        {"type": resource_type, "property": path, "reason": reason, "count": count}
        for (resource_type, path, reason), count in sorted(counts.items())
    ]


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, bool]]:
    """The paths of a property tree that hold values; the flag marks those that stand for a whole subtree.

    Example:
        >>> list(leaves({"A": 1, "B": [{"C": {"Ref": "X"}}]}))
        [('A', False), ('B[].C', True)]
        >>> list(leaves({"D": {"Fn::If": ["condition", {"E": 1}, {"Ref": "AWS::NoValue"}]}}))
        [('D.E', False)]
    """
    if isinstance(value, dict) and len(value) == 1 and _is_intrinsic(next(iter(value))):
        yield from _intrinsic(value, path)
    elif isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value:
        for inner in value:
            yield from leaves(inner, f"{path}[]")
    elif path:
        yield path, isinstance(value, (dict, list))


def _intrinsic(value: dict[str, Any], path: str) -> Iterator[tuple[str, bool]]:
    name, argument = next(iter(value.items()))
    if name == "Fn::If" and isinstance(argument, list):
        for branch in argument[1:]:
            yield from leaves(branch, path)
    elif path and argument != "AWS::NoValue":
        yield path, True


def _is_intrinsic(name: str) -> bool:
    return name == "Ref" or name.startswith("Fn::")


def _resources(
    template: dict[str, Any], conditions: dict[str, bool]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for logical_id, resource in (template.get("Resources") or {}).items():
        if not isinstance(resource, dict) or not conditions.get(str(resource.get("Condition", "")), True):
            continue
        resource_type = str(resource.get("Type", ""))
        if not resource_type.startswith(_NOT_GUARDED):
            yield logical_id, resource_type, resource.get("Properties") or {}


def _recorded_of(
    resource_type: str, known: TypeList, properties: dict[str, Any]
) -> Iterator[tuple[str, str, str]]:
    seen = set()
    for path, _ in leaves(properties):
        found = known.reason(path)
        if found and found not in seen:
            seen.add(found)
            yield resource_type, *found

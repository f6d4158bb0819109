"""Completes one of ministack's own CloudFormation handlers: applies what the handler leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Properties = dict[str, Any]
    Complete = Callable[[str, Properties, Properties], "dict[str, Any] | None"]
    Check = Callable[[str, Properties], None]


def extend(resource_type: str, complete: Complete, *, check: Check | None = None) -> None:
    """Run `complete` after ministack's own create and update of a type.

    Args:
        resource_type: A type that ministack handles with an update of its own.
        complete: `(physical_id, properties, old_properties) -> attributes to add or None`; `old_properties` is
            empty on create. It must be able to run twice.
        check: `(logical_id, properties)`, before anything is done; raises to refuse.

    Raises:
        local.hooks.HookError: ministack does not handle the type, or cannot update it.
    """
    from ministack.services.cloudformation import provisioners

    from local.hooks import HookError

    handlers = provisioners._RESOURCE_HANDLERS.get(resource_type)
    if handlers is None or "update" not in handlers:
        raise HookError(f"ministack has no handler with an update for {resource_type}")
    old_create, old_update = handlers["create"], handlers["update"]

    def create(logical_id: str, props: Properties, stack_name: str) -> tuple[str, dict[str, Any]]:
        if check is not None:
            check(logical_id, props)
        made, attributes = old_create(logical_id, props, stack_name)
        return made, {**attributes, **(complete(made, props, {}) or {})}

    def update(
        physical_id: str, old: Properties, new: Properties, stack_name: str, *rest: Any
    ) -> tuple[str, dict[str, Any]]:
        if check is not None:
            check(rest[0] if rest else physical_id, new)
        made, attributes = old_update(physical_id, old, new, stack_name, *rest)
        return made, {**attributes, **(complete(made, new, old) or {})}

    provisioners._RESOURCE_HANDLERS[resource_type] = {**handlers, "create": create, "update": update}


def boolean(value: Any) -> bool:
    """A template's boolean, which may be a text.

    Example:
        >>> boolean("true"), boolean(False), boolean(None)
        (True, False, False)
    """
    return str(value).lower() == "true"


def camel(value: Any, *, free: frozenset[str] = frozenset()) -> Any:
    """A template's PascalCase tree with the API's camelCase keys; below the keys in `free` nothing changes.

    Example:
        >>> camel({"LogDriver": "awslogs", "Options": {"K": 1}}, free=frozenset({"Options"}))
        {'logDriver': 'awslogs', 'options': {'K': 1}}
    """
    if isinstance(value, list):
        return [camel(item, free=free) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key[:1].lower() + key[1:]: item if key in free else camel(item, free=free)
        for key, item in value.items()
    }

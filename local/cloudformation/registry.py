"""Adds resource types to ministack's CloudFormation engine, or replaces its own ones.

A handler runs on a worker thread, so it may call back into this server over HTTP (`local.identity`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local import hooks

if TYPE_CHECKING:
    from collections.abc import Callable

    Properties = dict[str, Any]
    Made = tuple[str, dict[str, Any]]
    Create = Callable[[str, Properties, str], Made]
    Update = Callable[[str, Properties, Properties, str], Made]
    Delete = Callable[[str, Properties], None]

_registered: set[str] = set()


def register(resource_type: str, *, create: Create, update: Update, delete: Delete) -> None:
    """Handle `resource_type` with these three functions.

    Args:
        resource_type: such as `AWS::Glue::Registry`.
        create: `(logical_id, properties, stack_name) -> (physical_id, attributes)`; the attributes answer
            `Fn::GetAtt`. Raise any exception to fail the resource; its text is the stack event's reason.
        update: `(physical_id, old, new, stack_name) -> (physical_id, attributes)`; a new physical id means a
            replacement, whose predecessor the engine then deletes. Mandatory: without one, ministack would
            call `create` again.
        delete: `(physical_id, properties) -> None`. What does not exist any more counts as deleted; any
            other error must be raised: it fails the stack's deletion.
    """
    from ministack.services.cloudformation import provisioners

    _require_worker_threads()
    _registered.add(resource_type)
    provisioners._RESOURCE_HANDLERS[resource_type] = {"create": create, "update": update, "delete": delete}


def registered() -> frozenset[str]:
    """The types handled by us (for tests and for the page of what is emulated)."""
    return frozenset(_registered)


def _require_worker_threads() -> None:
    """Once: our handlers call back over HTTP, which would deadlock on the event loop."""
    from ministack.services.cloudformation import stacks

    if getattr(stacks._runs_on_worker_thread, "is_ours", False):
        return

    def runs_on_worker_thread(resource_type: str) -> bool:
        return resource_type in _registered or bool(old(resource_type))

    runs_on_worker_thread.is_ours = True  # type: ignore[attr-defined]
    old = hooks.replace(stacks, "_runs_on_worker_thread", runs_on_worker_thread, parameters="resource_type")

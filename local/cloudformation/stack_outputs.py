"""`Fn::GetStackOutput` across regions: a stack's output is looked up in the region that the reference names."""

from __future__ import annotations

import contextvars
from typing import Any


def install() -> None:
    """Resolve a reference to another region as if it were made there; ministack looks in the current region only."""
    from ministack.core import responses
    from ministack.services.cloudformation import engine

    from local import hooks

    def resolve(value: Any, *rest: Any, **named: Any) -> Any:
        region = _region_of(value)
        if region is None or region == responses.get_region():
            return old(value, *rest, **named)

        def there() -> Any:
            responses.set_request_region(region)
            return old(value, *rest, **named)

        return contextvars.copy_context().run(there)

    old = hooks.replace(engine, "_resolve_refs", resolve)


def _region_of(value: Any) -> str | None:
    """The region that a reference to another stack's output names, as text.

    Example:
        >>> _region_of({"Fn::GetStackOutput": {"StackName": "a", "Region": "ap-southeast-4", "OutputName": "o"}})
        'ap-southeast-4'
    """
    reference = value.get("Fn::GetStackOutput") if isinstance(value, dict) else None
    region = reference.get("Region") if isinstance(reference, dict) else None
    return region if isinstance(region, str) else None

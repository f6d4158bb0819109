"""How the embedded AWS extends ministack: by replacing named module attributes, checked one by one.

ministack has no plugin mechanism, so every extension is an attribute that we replace. Such a hook is only
safe against the exact version that it was written for: `require_pinned_ministack` refuses any other, and
`replace` refuses an attribute that is gone or has other parameters, instead of patching nothing in silence.
"""

from __future__ import annotations

import importlib.metadata
import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

MINISTACK_VERSION = "1.5.33"


class HookError(RuntimeError):
    """The installed ministack is not the one that our hooks were written for."""


def require_pinned_ministack() -> None:
    """Refuse to start on any ministack but the pinned one.

    Raises:
        HookError: another version is installed, or none; the message names the command that mends it.

    Example:
        >>> require_pinned_ministack()
    """
    try:
        found = importlib.metadata.version("ministack")
    except importlib.metadata.PackageNotFoundError:
        found = "no version"
    if found != MINISTACK_VERSION:
        raise HookError(
            f"The embedded AWS needs ministack {MINISTACK_VERSION}, but {found} is installed. "
            f"Its hooks fit that version only. Mend with: pip install ministack=={MINISTACK_VERSION}"
        )


def replace(module: ModuleType | Any, attribute: str, new: Any, *, parameters: str | None = None) -> Any:
    """Put `new` in the place of `module.attribute` and return what was there, for wrapping.

    Args:
        module: the module (or class) that owns the attribute.
        attribute: its name; it must exist.
        new: the replacement.
        parameters: the old function's parameter names, space separated, when the hook depends on them.

    Returns:
        The attribute's former value.

    Raises:
        HookError: the attribute does not exist, or its parameters differ.

    Example:
        >>> import json
        >>> old = replace(json, "dumps", json.dumps)
        >>> replace(json, "no_such_function", None)
        Traceback (most recent call last):
        ...
        local.hooks.HookError: Hook json.no_such_function does not exist in ministack 1.5.33
    """
    name = f"{getattr(module, '__name__', module)}.{attribute}"
    if not hasattr(module, attribute):
        raise HookError(f"Hook {name} does not exist in ministack {MINISTACK_VERSION}")
    old = getattr(module, attribute)
    if parameters is not None:
        found = " ".join(inspect.signature(old).parameters)
        if found != parameters:
            raise HookError(f"Hook {name} takes ({found}), but our replacement expects ({parameters})")
    setattr(module, attribute, new)
    return old

"""ministack's stores, walked in a tenth of the time: whose request it is, is asked once a walk and not once an item.

A store holds what all accounts and regions have, and shows a request its own part. What is walked often (tags, grants,
alarms) grows with the deployment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.core import responses
from ministack.core.responses import get_account_id, get_region

from local import hooks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def install() -> None:
    """Replace the methods that walk."""
    _replace_walks(responses.AccountScopedDict, lambda: (get_account_id(),))
    _replace_walks(responses.AccountRegionScopedDict, lambda: (get_account_id(), get_region()))


def _replace_walks(store: type, scope: Callable[[], tuple[str, ...]]) -> None:
    def items(self: Any) -> list[tuple[Any, Any]]:
        mine = scope()
        size = len(mine)
        return [(key[size], value) for key, value in list(self._data.items()) if key[:size] == mine]

    def keys(self: Any) -> list[Any]:
        mine = scope()
        size = len(mine)
        return [key[size] for key in list(self._data) if key[:size] == mine]

    def values(self: Any) -> list[Any]:
        return [value for _, value in items(self)]

    def walk(self: Any) -> Iterator[Any]:
        return iter(keys(self))

    def length(self: Any) -> int:
        return len(keys(self))

    def is_filled(self: Any) -> bool:
        return bool(keys(self))

    found = {
        "items": items, "keys": keys, "values": values, "__iter__": walk, "__len__": length, "__bool__": is_filled,
    }  # fmt: skip
    for name, method in found.items():
        hooks.replace(store, name, method, parameters="self")

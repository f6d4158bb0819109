"""What the tests of a folder share ends after the last of them; pytest alone would keep it until the session ends.

An idle broker takes 2 % of a processor: half a dozen of them would slow all that comes later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pytest

_ends: dict[Path, list[Callable[[], object]]] = {}


def end_with(folder: Path, end: Callable[[], object]) -> None:
    """Call `end` after the last test that lies in a folder, or below it."""
    _ends.setdefault(folder, []).append(end)


def end_after(item: pytest.Item, items: Sequence[pytest.Item]) -> None:
    """End what waits for this item, which is the last one of its folder among the items of the session."""
    for folder in list(_ends):
        last = next((each for each in reversed(items) if folder in each.path.parents), None)
        if last is item:
            for end in reversed(_ends.pop(folder)):
                end()

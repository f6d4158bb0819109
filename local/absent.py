"""Packages that the server process behaves as if they were not installed.

pandas: pyarrow loads it only to recognise its types; a third of the start and 35 MB for nothing.
docker: the embedded AWS needs none, and must never touch the containers of whoever has it running.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

PACKAGES = frozenset({"docker", "pandas"})


def install() -> None:
    """Let imports of these packages fail in this process, as they do where they are not installed."""
    sys.meta_path.insert(0, _Absent())


class _Absent(MetaPathFinder):
    """Refuses to find the packages."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - the protocol's
        target: ModuleType | None = None,  # noqa: ARG002 - the protocol's
    ) -> None:
        if fullname in PACKAGES:
            raise ModuleNotFoundError(f"No module named {fullname!r} in the embedded AWS", name=fullname)

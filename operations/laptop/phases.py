"""The phases of `make local`: what runs is shown while it runs, and each one's seconds are kept."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console


class Phases:
    """All phases, one after the other."""

    def __init__(self, messages: Console) -> None:
        self._messages = messages
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[Phase]:
        """Show a phase while it runs."""
        started = time.monotonic()
        with self._messages.status(name) as status:
            phase = Phase(name, status.update)
            yield phase
        self.seconds[name] = round(time.monotonic() - started, 1)
        result = f": {phase.result}" if phase.result else ""
        self._messages.print(f"✓ {name}{result} ({self.seconds[name]} s)", markup=False)


class Phase:
    """One running phase: `say` shows where it is, `result` is what stays on the screen."""

    def __init__(self, name: str, update: object) -> None:
        self._name = name
        self._update = update
        self.result = ""

    def say(self, text: str) -> None:
        """Show where the phase is."""
        from rich.markup import escape

        self._update(f"{self._name}: {escape(text[:100])}")  # type: ignore[operator] # rich's Status.update

"""JSONata expressions over a record: which ones, and how one is mended.

Source: https://docs.jsonata.org
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from operations.exit_codes import CommandFailed, ExitCode

_TIMEOUT_MS = 5_000


class ExpressionFailed(Exception):
    """An expression has no result for a record; the message says why."""


class Expression:
    """A compiled expression.

    Args:
        text: The expression, or the name of a file that holds it.
        option: The option that it came by, for messages.

    Raises:
        CommandFailed: when it is no JSONata.

    Example:
        >>> Expression("value.price < 0", "--filter").of({"value": {"price": -1}})
        True
    """

    def __init__(self, text: str, option: str) -> None:
        import jsonata

        self._option = option
        written = _content(text)
        try:
            self._compiled = jsonata.Jsonata.jsonata(written)
        except Exception as error:
            raise CommandFailed(
                f"{option}: {written.strip()!r} is no JSONata: {error}. It is an expression over an object with key, "
                "value, headers and error; see docs/replay.md",
                ExitCode.USAGE,
            ) from error

    def of(self, record: dict[str, Any]) -> Any:
        """Its result for a record, which stays as it is; None when it has none.

        Raises:
            ExpressionFailed: when it fails.
        """
        # The library counts from when bounds are set, not from when an evaluation begins: set anew for each record.
        self._compiled.environment.set_runtime_bounds(_TIMEOUT_MS, None)
        try:
            return self._compiled.evaluate(copy.deepcopy(record))
        except Exception as error:
            raise ExpressionFailed(f"{self._option}: {error}") from error

    def chooses(self, record: dict[str, Any]) -> bool:
        """Whether its result is true; no result (a member is not there) is false.

        Raises:
            ExpressionFailed: when it fails, or is neither true nor false.
        """
        found = self.of(record)
        if found is None:
            return False
        if not isinstance(found, bool):
            raise ExpressionFailed(
                f"{self._option}: the result is {type(found).__name__}, and must be true or false"
            )
        return found


def _content(text: str) -> str:
    try:
        path = Path(text)
        return path.read_text(encoding="utf-8") if path.is_file() else text
    except (OSError, ValueError):
        return text  # longer than a file's name may be, or with what no name holds

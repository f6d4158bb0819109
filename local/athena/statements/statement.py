"""What every statement is to the API: its type in Athena's words, and the work to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.athena.query import Query
    from local.athena.results import Outcome


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A recognised statement.

    Args:
        kind: Athena's StatementType.
        sub: Athena's SubstatementType.
        run: does the work for a query.
    """

    kind: Literal["DDL", "DML", "UTILITY"]
    sub: str
    run: Callable[[Query], Outcome]

"""What each engine's module says in SQL of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

    from data_platform.contracts.model import Column
    from operations.tunnel import Tunnel


CAPTURE_USER = "capture"
STOCK_VALUES = ("quantity", "reorder_point", "unit_cost", "counted_at", "note")  # beside the key


class Session(Protocol):
    """An open session of a database, which commits each statement outside of a transaction."""

    def execute(self, query: Any, params: Any = None) -> Any:
        """Execute a statement: a cursor with `rowcount`, `fetchone` and `fetchall`."""

    def transaction(self) -> AbstractContextManager[Any]:
        """A transaction of all that is executed in the block; an exception rolls it back."""


class Dialect(Protocol):
    """The SQL of an engine.

    Attributes:
        stock: The statement on the table of stock levels by operation of `local.retail.stock`; its one parameter is the
            rows in JSON. Each says what it does also where a row is there already, or gone: of a transaction whose end
            nobody heard it is not known whether it was committed.
    """

    stock: Mapping[str, str]

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What the engine's driver raises."""

    def connect(self, tunnel: Tunnel, master: Mapping[str, str]) -> AbstractContextManager[Session]:
        """A session of the master user over an open tunnel, the server's certificate verified.

        Args:
            tunnel: The tunnel.
            master: What the master user's secret holds: `username` and `password`.

        Raises:
            CommandFailed: when the database refuses.
        """

    def make_tables(self, session: Session) -> None:
        """Make the shop's own tables, where they are not there."""

    def prepare_capture(self, session: Session, *, source: str, password: str, tables: Sequence[str]) -> None:
        """Make what the connector needs, where it is not there; its password is set each time.

        Args:
            session: Of the database's owner.
            source: Name of the database in the environment's settings.
            password: Of the connector's user.
            tables: The tables that contracts capture, with their schema (MySQL: database).
        """

    def text(self, column: Column) -> str:
        """An expression of a column's value as Athena writes it: moments to the microsecond, instants in UTC."""

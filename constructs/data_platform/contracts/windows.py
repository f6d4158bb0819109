"""Views of an event dataset by windows of time: what the contract's `windows` says, and the tables that follow from it.

A window is as long as its `size` and starts at a multiple of it from midnight, UTC. It is counted until the watermark
(the greatest time of an event that was counted, less `lateness`) has passed its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from data_platform.contracts.custom_properties import custom
from data_platform.contracts.durations import iso_seconds
from data_platform.contracts.types import kind, normal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_platform.contracts.model import Column
    from data_platform.contracts.place import Place

Function = Literal["count", "sum", "min", "max", "avg"]
PREFIX = "window_"  # of the kind of a window's table
WINDOW_START, LATE_ROWS = "window_start", "late_rows"


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One figure of a window.

    Args:
        name: Its column.
        function: count, sum, min, max or avg.
        column: Of the dataset; None counts rows.
    """

    name: str
    function: Function
    column: str | None = None


@dataclass(frozen=True, kw_only=True)
class Window:
    """A view by windows of time.

    Args:
        name: Ends the table's name, `<dataset>_<name>`.
        size_seconds: Length of a window.
        time: The column that says when an event happened.
        lateness_seconds: How long a window waits for what comes late.
        by: Columns by which a window's rows are told apart.
        measures: Its figures.
    """

    name: str
    size_seconds: int
    time: str
    lateness_seconds: int
    by: tuple[str, ...]
    measures: tuple[Measure, ...]

    @property
    def kind(self) -> str:
        """The kind of its table (`table_kinds`).

        Example:
            >>> Window(name="per_minute", size_seconds=60, time="at", lateness_seconds=0, by=(), measures=()).kind
            'window_per_minute'
        """
        return PREFIX + self.name


def build_windows(root: Place) -> tuple[Window, ...]:
    """The windows that a contract of the right shape asks for; none unless it says so.

    Args:
        root: The contract.
    """
    values: list[dict[str, Any]] = custom(root).value.get("windows", [])
    return tuple(
        Window(
            name=value["name"],
            size_seconds=iso_seconds(value["size"]),
            time=value["time"],
            lateness_seconds=iso_seconds(value["lateness"]),
            by=tuple(value.get("by", ())),
            measures=tuple(
                Measure(name=each["name"], function=each["function"], column=each.get("column"))
                for each in value["measures"]
            ),
        )
        for value in values
    )


def window_of(windows: Sequence[Window], table_kind: str) -> Window:
    """The window whose table is of a kind.

    Raises:
        KeyError: when there is none.
    """
    for window in windows:
        if window.kind == table_kind:
            return window
    raise KeyError(f"no window has a table of kind {table_kind!r}")


def measure_type(measure: Measure, column: Column | None) -> str:
    """The type of a measure: exact, so that the order of rows decides no digit, and wide enough for any sum.

    Args:
        measure: The measure.
        column: Its column; None for a count of rows.

    Example:
        >>> measure_type(Measure(name="requests", function="count"), None)
        'bigint'
    """
    if measure.function == "count" or column is None:
        return "bigint"
    source = normal(column.physical_type)
    if measure.function == "avg":
        return "double"
    if measure.function == "sum":
        if kind(source) == "decimal":
            return f"decimal(38,{source.rstrip(')').partition(',')[2]})"
        return "decimal(38,0)" if source == "bigint" else "bigint"
    return source

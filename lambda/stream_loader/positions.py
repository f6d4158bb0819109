"""What a connector says beside a row, in the headers: the operation, its place in the source's log, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from stream_loader.poison import Poison, Poisons

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OPERATIONS = ("r", "c", "u", "d")
DELETION = "d"
_BY_BYTES: dict[tuple[int, ...], str] = {(ord(name),): name for name in OPERATIONS}
_NUMBER = "^[0-9]{1,%d}$"
_FILE = r"[.](?P<number>[0-9]{1,10})$"
_DIGITS = 18  # of a number in a header: any such fits into 64 bits
_POSITION, _FILE_DIGITS, _ROW = 20, 10, 6
_MILLISECOND = 1000  # microseconds
_MEND = "only what the connector captured has one: look at who else writes to the topic"


@dataclass(frozen=True, kw_only=True)
class Positions:
    """By record of a batch: operation, position in the log (a text that sorts as the log does), time of the commit.

    Args:
        operations: r (read by a snapshot), c, u, d; None where there is none.
        positions: Texts; NULL where there is none.
        committed: Microseconds since 1970 in UTC, as timestamps; NULL where there is none.
    """

    operations: list[str | None]
    positions: pa.Array
    committed: pa.Array


def of_changes(raw: Sequence[Mapping[str, Any]], poisons: Poisons) -> Positions:
    """The positions of a connector's records; a record without one is poison.

    PostgreSQL tells `__source_lsn`, MySQL `__source_file`, `__source_pos` and `__source_row`; both tell `__op` and
    `__source_ts_ms`, all as text.

    What a snapshot read (r) may have the place of the first change after it, and is older: it comes one before. What an
    incremental snapshot read has no place, and any change is as new or newer: it comes before all.
    """
    headers = _Headers(raw)
    operations = [_BY_BYTES.get(tuple(value or ())) for value in headers.of("__op")]
    before = pa.array([1 if operation == "r" else 0 for operation in operations], pa.int64())
    positions = _padded(_earlier(_numbers(headers, "__source_lsn"), before), _POSITION)
    if positions.null_count:
        positions = pc.coalesce(positions, _mysql(headers, before), _incremental(headers, before))
    committed = pc.multiply(_numbers(headers, "__source_ts_ms"), _MILLISECOND).cast(pa.timestamp("us"))
    if None not in operations and not positions.null_count and not committed.null_count:
        return Positions(operations=operations, positions=positions, committed=committed)
    complete = pc.and_(positions.is_valid(), committed.is_valid()).to_pylist()
    for place, (operation, whole) in enumerate(zip(operations, complete, strict=True)):
        if operation is None:
            poisons.add(place, Poison("MissingPosition", f"no header __op says r, c, u or d; {_MEND}"))
        elif not whole:
            poisons.add(
                place,
                Poison(
                    "MissingPosition", f"the headers tell no place in the log and no __source_ts_ms; {_MEND}"
                ),
            )
    return Positions(operations=operations, positions=positions, committed=committed)


def of_events(raw: Sequence[Mapping[str, Any]], partition: int) -> Positions:
    """The positions of events: their places in the topic, and the time that Kafka has.

    Example:
        >>> found = of_events([{"offset": 7, "timestamp": 1}], 2)
        >>> found.positions.to_pylist(), found.operations
        (['p2-o00000000000000000007'], ['c'])
    """
    moments = pa.array([record["timestamp"] for record in raw], pa.int64())
    return Positions(
        operations=["c"] * len(raw),
        positions=pa.array([f"p{partition}-o{record['offset']:020d}" for record in raw], pa.string()),
        committed=pc.multiply(moments, _MILLISECOND).cast(pa.timestamp("us")),
    )


class _Headers:
    """The headers of a batch by name; of those of one name in a record the last.

    A connector writes the same headers in the same order beside each record: where that holds, they are taken by their
    place.
    """

    def __init__(self, raw: Sequence[Mapping[str, Any]]) -> None:
        self._raw = [record.get("headers") or () for record in raw]
        first = self._raw[0] if self._raw else ()
        same = {len(headers) for headers in self._raw} == {len(first)} and all(
            len(each) == 1 for each in first
        )
        self._places = {name: place for place, each in enumerate(first) for name in each} if same else {}
        self._merged: list[dict[str, Any]] = []

    def has(self, name: str) -> bool:
        """Whether the first record has a header of that name, though it may be empty."""
        return any(name in header for headers in self._raw[:1] for header in headers)

    def of(self, name: str) -> list[Sequence[int] | None]:
        """The values of one name, None where a record has none."""
        place = self._places.get(name)
        if place is not None:
            try:
                return [headers[place][name] for headers in self._raw]
            except KeyError:
                self._places = {}
        if not self._merged:
            for headers in self._raw:
                found: dict[str, Any] = {}
                for header in headers:
                    found.update(header)
                self._merged.append(found)
        return [found.get(name) for found in self._merged]


def _mysql(headers: _Headers, before: pa.Array) -> pa.Array:
    files = pc.struct_field(pc.extract_regex(_texts(headers, "__source_file"), _FILE), "number")
    position = _earlier(_numbers(headers, "__source_pos"), before)
    row = _numbers(headers, "__source_row")
    parts = (pc.utf8_lpad(files, _FILE_DIGITS, "0"), _padded(position, _POSITION), _padded(row, _ROW))
    return pc.binary_join_element_wise(*parts, ".")


def _incremental(headers: _Headers, before: pa.Array) -> pa.Array:
    """The position before all others, for what an incremental snapshot read."""
    read = pc.and_(pc.equal(before, 1), pc.equal(_texts(headers, "__source_snapshot"), "incremental"))
    sizes = (_FILE_DIGITS, _POSITION, _ROW) if headers.has("__source_file") else (_POSITION,)
    first = ".".join("0" * size for size in sizes)
    return pc.if_else(read, pa.scalar(first), pa.scalar(None, pa.string()))


def _earlier(numbers: pa.Array, by: pa.Array) -> pa.Array:
    return pc.max_element_wise(pc.subtract(numbers, by), 0, skip_nulls=False)


def _padded(numbers: pa.Array, size: int) -> pa.Array:
    return pc.utf8_lpad(numbers.cast(pa.string()), size, "0")


def _numbers(headers: _Headers, name: str) -> pa.Array:
    """The header where it is a number, else NULL."""
    texts = _texts(headers, name)
    is_number = pc.match_substring_regex(texts, _NUMBER % _DIGITS)
    return pc.if_else(is_number, texts, pa.scalar(None, pa.string())).cast(pa.int64())


def _texts(headers: _Headers, name: str) -> pa.Array:
    """The header as text; NULL where it is missing or something else."""
    try:
        values = [bytes(value or ()) for value in headers.of(name)]
        texts = pa.array(values, pa.binary()).cast(pa.string())
    except (ValueError, pa.ArrowInvalid):  # bytes beyond ASCII come as negative numbers
        texts = pa.array([_ascii(value or ()) for value in headers.of(name)], pa.string())
    return pc.if_else(pc.not_equal(texts, ""), texts, pa.scalar(None, pa.string()))


def _ascii(value: Sequence[int]) -> str | None:
    try:
        return bytes(value).decode("ascii")
    except ValueError:
        return None

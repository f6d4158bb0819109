"""The rows of a COPY in binary form, as they come from the socket: many at a time, found by vector operations."""

from __future__ import annotations

import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from jobs.extraction.postgres import messages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobs.extraction.postgres.connection import Connection

BUFFER = 2 << 20  # bytes that a cache holds; a longer row makes it grow for as long as the row is there
PADDING = 16  # bytes behind what is read, so that eight bytes can be looked at from anywhere
_HEAD = 5  # a message's kind and length
_PREFIX = 7  # and the number of fields
_COPY_DATA = ord("d")
_COPY_HEADER = 19  # signature, flags, length of an extension that nobody sends
_NEARLY = 64 << 10
_TRICKLE = 4 << 10
_PAUSE = 0.001
_READY = b"Z\0\0\0\5"
_NO_ROW = (b"\xff\xff", b"")
_INT = struct.Struct(">I")
_ROW = struct.Struct(">BIH")
# A row's first eight bytes: kind, length (four bytes), number of fields (two), and one of the first field's length.
_HEAD_MASK = np.uint64(int.from_bytes(b"\xff\0\0\0\0\xff\xff\0", "little"))
_LENGTH_SHIFT, _LENGTH_MASK = np.uint64(24), np.uint64(0xFFFFFFFF)


@dataclass(frozen=True)
class Rows:
    """Some rows: the bytes they stand in, and where the first field's length of each row is."""

    data: Any
    fields: Any


def copied(connection: Connection, sql: str, columns: int) -> Iterator[Rows]:
    """The rows of `COPY (<sql>) TO STDOUT (FORMAT binary)`; they are valid until the next ones are asked for.

    Raises:
        Refused: when the statement cannot be answered, or fails on a value.
        Unreachable: when the server goes away.
    """
    connection.send(messages.query(f"COPY ({sql}) TO STDOUT (FORMAT binary)"))
    while connection.receive()[0] != b"H":
        pass
    yield from _Stream(connection, columns).rows()


class _Stream:
    def __init__(self, connection: Connection, columns: int) -> None:
        self._connection, self._columns = connection, columns
        self._buffer: Any = np.empty(0, np.uint8)
        self._room: Any = None
        self._filled = 0
        self._resize(BUFFER)
        self._begun = self._ended = False

    def rows(self) -> Iterator[Rows]:
        while not self._ended:
            self._fill()
            at = 0 if self._begun else self._begin()
            while not self._ended:
                starts, end = self._long(at) or found(
                    self._buffer, at, self._filled, self._columns, self._room
                )
                if len(starts):
                    yield Rows(self._buffer, starts + _PREFIX)
                at = self._other(end)
                if at == end:
                    break
            self._keep(at)

    def _long(self, at: int) -> tuple[Any, int] | None:
        """The row that begins there, alone, if it is longer than the usual buffer: nobody looks through its values."""
        if self._filled - at <= BUFFER:
            return None
        kind, length, fields = _ROW.unpack_from(self._buffer, at)
        end = at + 1 + length
        if kind != _COPY_DATA or fields != self._columns or not BUFFER < length <= self._filled - at - 1:
            return None
        return np.array([at]), end

    def _fill(self) -> None:
        """Read until the buffer is nearly full and its first message whole, or the answer has ended."""
        while True:
            room = len(self._buffer) - PADDING
            wanted = self._wanted()
            if wanted > room:
                self._resize(wanted)
                continue
            if self._filled >= wanted and (self._filled >= room - _NEARLY or self._at_end()):
                return
            try:
                count = self._connection.socket.recv_into(memoryview(self._buffer)[self._filled : room])
            except OSError as error:
                raise self._connection.lost(error) from None
            if not count:
                raise self._connection.lost(None)
            self._filled += count
            if _TRICKLE < count < _NEARLY and not self._at_end():
                time.sleep(_PAUSE)  # lets more arrive: waking up for every few rows costs more than the rows

    def _wanted(self) -> int:
        """How long the first message is."""
        return 1 + _INT.unpack_from(self._buffer, 1)[0] if self._filled >= _HEAD else _HEAD

    def _at_end(self) -> bool:
        """Whether what was read looks as if it were all: where it is not, the next rows come in two parts."""
        return bytes(self._buffer[self._filled - 6 : self._filled - 1]) == _READY

    def _resize(self, room: int) -> None:
        other = np.zeros(room + PADDING, np.uint8)
        other[: self._filled] = self._buffer[: self._filled]
        self._buffer, self._room = other, np.empty(room, np.bool_)

    def _begin(self) -> int:
        """Where the first row begins: COPY's own header stands in front of it, in the same message."""
        length = _INT.unpack_from(self._buffer, 1)[0]
        if self._buffer[0] != _COPY_DATA:
            return 0
        self._begun = True
        first = _COPY_HEADER
        self._buffer[first] = _COPY_DATA
        self._buffer[first + 1 : first + _HEAD] = np.frombuffer(_INT.pack(length - _COPY_HEADER), np.uint8)
        return first

    def _other(self, begin: int) -> int:
        """Pass over what is no row: the trailer, notices, the end. Returns where the next row may begin."""
        at = begin
        while at + _HEAD <= self._filled and not self._ended:
            kind = bytes(self._buffer[at : at + 1])
            end = at + 1 + _INT.unpack_from(self._buffer, at + 1)[0]
            if end > self._filled:
                break
            if kind == b"E":
                raise self._connection.error(bytes(self._buffer[at + _HEAD : end]))
            if kind == b"d" and bytes(self._buffer[at + _HEAD : min(end, at + _PREFIX)]) not in _NO_ROW:
                if at == begin:
                    raise self._connection.lost(None)  # a row of another shape: what answers is no PostgreSQL
                break
            self._ended = kind == b"Z"
            at = end
        return at

    def _keep(self, at: int) -> None:
        """Move the begun message to the front, into a buffer of the usual size when it fits."""
        rest = self._filled - at
        self._buffer[:rest] = self._buffer[at : self._filled].copy()
        self._filled = rest
        if len(self._buffer) > BUFFER + PADDING and rest <= BUFFER // 2:
            self._resize(BUFFER)


def found(data: Any, at: int, end: int, columns: int, room: Any = None) -> tuple[Any, int]:
    r"""Where rows begin between `at` and `end`, and where the last whole one ends.

    Candidates look like a row's first bytes; that each begins where the one before ends proves the chain. `room` is
    memory for a truth value a byte: new memory costs more than what is done with it.

    Example:
        >>> row = b"d\0\0\0\x0b\0\1\0\0\0\1x"
        >>> data = np.frombuffer(row * 3 + b"d\0\0" + b"\0" * PADDING, np.uint8)
        >>> found(data, 0, 39, 1)
        (array([ 0, 12, 24]), 36)
    """
    window = data[at:end]
    if len(window) < _PREFIX:
        return np.empty(0, np.int64), at
    # The byte that is rarest first: the low byte of the number of fields.
    likely = None if room is None else room[: len(window) - _PREFIX + 1]
    starts = np.flatnonzero(np.equal(window[_PREFIX - 1 :], columns & 0xFF, out=likely))
    starts = starts[window[starts] == _COPY_DATA]
    heads = at_every(data[at:], "<u8")[starts]
    rows = (heads & _HEAD_MASK) == _head(columns)
    if not rows.all():
        starts, heads = starts[rows], heads[rows]
    ends = starts + (1 + (heads.byteswap() >> _LENGTH_SHIFT & _LENGTH_MASK).view(np.int64))
    if not len(starts) or starts[0] != 0 or (starts[1:] != ends[:-1]).any():
        starts, ends = _walked(window, columns)
    whole = len(ends) - int((ends > len(window)).sum())
    if not whole:
        return np.empty(0, np.int64), at
    return starts[:whole] + at, int(ends[whole - 1]) + at


def _head(columns: int) -> Any:
    """What a row of so many fields has in the bytes of the mask."""
    return np.uint64(int.from_bytes(struct.pack(">cIHx", b"d", 0, columns), "little"))


def at_every(data: Any, kind: str) -> Any:
    """The bytes seen as numbers of a kind, one beginning at every byte."""
    size = np.dtype(kind).itemsize
    return np.ndarray(shape=(len(data) - size + 1,), dtype=kind, buffer=data.data, strides=(1,))


def _walked(window: Any, columns: int) -> tuple[Any, Any]:
    """The same by going from row to row: where a value looks like the beginning of a row."""
    starts, ends, at = [], [], 0
    row = bytes([_COPY_DATA])
    while at + _PREFIX <= len(window) and bytes(window[at : at + 1]) == row:
        if struct.unpack_from(">H", window, at + _HEAD)[0] != columns:
            break
        starts.append(at)
        at += 1 + _INT.unpack_from(window, at + 1)[0]
        ends.append(at)
    return np.array(starts, np.int64), np.array(ends, np.int64)

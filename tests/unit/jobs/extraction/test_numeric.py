"""Numeric's groups of four digits become whole numbers, whatever their weight, count and sign."""

from __future__ import annotations

import struct
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.extraction.columns import BadValue
from jobs.extraction.postgres.copy_stream import PADDING
from jobs.extraction.postgres.numeric import unscaled

_NEGATIVE, _NAN = 0x4000, 0xC000


def _sent(value: Decimal) -> bytes:
    """As numeric_send writes it: groups of four digits around the point, without zeros at either end."""
    whole, _, part = f"{abs(value):f}".partition(".")
    part = part.ljust(-(-len(part) // 4) * 4, "0")
    digits = whole.rjust(-(-len(whole) // 4) * 4, "0") + part
    groups = [int(digits[at : at + 4]) for at in range(0, len(digits), 4)]
    weight = len(groups) - len(part) // 4 - 1
    while groups and not groups[0]:
        groups, weight = groups[1:], weight - 1
    while groups and not groups[-1]:
        groups.pop()
    sign = _NEGATIVE if value < 0 else 0
    return struct.pack(f">hhHh{len(groups)}h", len(groups), weight if groups else 0, sign, len(part), *groups)


def _read(values: list[bytes | None], scale: int) -> list[int]:
    lengths = np.array([0 if value is None else len(value) for value in values], np.int32)
    # Between values stands the next one's length, as in a row.
    data = b"".join(struct.pack(">i", len(value or b"")) + (value or b"") for value in values)
    begins = np.cumsum(lengths + 4) - lengths
    return unscaled(np.frombuffer(data + b"\xff" * PADDING, np.uint8), begins, lengths, scale).tolist()


@st.composite
def _columns(draw):
    precision = draw(st.integers(1, 18))
    scale = draw(st.integers(0, precision))
    most = 10**precision - 1
    whole = draw(st.lists(st.none() | st.integers(-most, most), max_size=8))
    return whole, scale


@given(_columns())
def test_any_value_of_up_to_18_digits_is_exact_and_null_is_zero(column):
    whole, scale = column
    values = [None if n is None else _sent(Decimal(n).scaleb(-scale)) for n in whole]
    assert _read(values, scale) == [n or 0 for n in whole]


@pytest.mark.parametrize("scale", [0, 2, 4, 9])
def test_a_value_with_fewer_digits_behind_the_point_than_the_column_is_scaled(scale):
    assert _read([_sent(Decimal(7)), _sent(Decimal(120000))], scale) == [7 * 10**scale, 120000 * 10**scale]


def test_not_a_number_is_refused_at_its_position():
    with pytest.raises(BadValue) as refusal:
        _read([_sent(Decimal(1)), struct.pack(">hhHh", 0, 0, _NAN, 0)], 2)
    assert refusal.value.position == 1

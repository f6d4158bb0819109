"""PostgreSQL's numeric, digits of base 10,000, as whole numbers of the column's smallest unit."""

from __future__ import annotations

from typing import Any

import numpy as np

from jobs.extraction.columns import BadValue
from jobs.extraction.postgres.copy_stream import at_every

MOST_DIGITS = 18  # decimal digits that fit into 64 bits with any sign
_NEGATIVE, _NAN = 0x4000, 0xC000
_POWERS = 10 ** np.arange(MOST_DIGITS + 1, dtype=np.int64)
_DIGITS_A_GROUP = 4
# A value is four words of 16 bits (how many groups, weight of the first, sign, scale), then its groups, a word each.
_GROUP, _FIRST_GROUP, _AT_ONCE = 16, 8, 4
_COUNT, _SIGN, _WORD, _ZERO = np.uint64(48), np.uint64(16), np.uint64(0xFFFF), np.uint64(0)
_LOW_WORDS, _LOW_HALF = np.uint64(0x0000FFFF0000FFFF), np.uint64(0xFFFFFFFF)


def unscaled(data: Any, begins: Any, lengths: Any, scale: int) -> Any:
    """Each value times ten to the `scale`, 0 where there is none; exact up to 18 digits.

    Args:
        data: The bytes.
        begins: Where values begin.
        lengths: How long they are, 0 where there is none.
        scale: Digits behind the point, at least as many as any value has.

    Raises:
        BadValue: when one is NaN or infinite.

    Example:
        >>> import struct
        >>> value = struct.pack(">hhHh2h", 2, 0, 0x4000, 2, 12, 3400)  # -12.34
        >>> data = np.frombuffer(value + bytes(16), np.uint8)
        >>> unscaled(data, np.array([0]), np.array([12]), 2)
        array([-1234])
    """
    there = lengths > 0
    heads = at_every(data, "<u8")[begins].byteswap()
    if not there.all():
        heads = np.where(there, heads, _ZERO)
    signs = heads >> _SIGN & _WORD
    if (signs >= _NAN).any():
        raise BadValue(int(np.argmax(signs >= _NAN)), "NaN or infinity")
    groups = heads >> _COUNT
    weights = heads.view(np.int64) << _GROUP >> _COUNT.view(np.int64)
    behind = -(-scale // _DIGITS_A_GROUP)  # groups behind the point
    if groups.max(initial=0) <= _AT_ONCE and weights.max(initial=0) + behind < _AT_ONCE:
        total = _few_groups(data, begins, groups, weights + behind)
        total //= 10 ** (behind * _DIGITS_A_GROUP - scale)
    else:
        total = _many_groups(data, begins, groups.view(np.int64), weights, scale)
    return np.where(signs == _NEGATIVE, -total, total)


def _few_groups(data: Any, begins: Any, groups: Any, places: Any) -> Any:
    """The value in units of its last possible group: all groups stand in one word, and are moved to their places."""
    word = at_every(data, "<u8")[begins + _FIRST_GROUP].byteswap()
    word >>= np.uint64(_AT_ONCE * _GROUP) - groups * np.uint64(_GROUP)
    word <<= (places.view(np.uint64) + np.uint64(1) - groups) * np.uint64(_GROUP)
    pairs = (word >> np.uint64(_GROUP) & _LOW_WORDS) * np.uint64(10**4) + (word & _LOW_WORDS)
    return ((pairs >> np.uint64(32)) * np.uint64(10**8) + (pairs & _LOW_HALF)).view(np.int64)


def _many_groups(data: Any, begins: Any, groups: Any, weights: Any, scale: int) -> Any:
    """The value group by group."""
    words = at_every(data, ">i2")
    total = np.zeros(len(begins), np.int64)
    last = len(words) - 1
    for number in range(int(groups.max(initial=0))):
        places = np.minimum(begins + _FIRST_GROUP + 2 * number, last)
        group = np.where(groups > number, words[places], 0).astype(np.int64)
        power = _DIGITS_A_GROUP * (weights - number) + scale
        total += group * _POWERS[power.clip(0, MOST_DIGITS)] // _POWERS[(-power).clip(0, MOST_DIGITS)]
    return total

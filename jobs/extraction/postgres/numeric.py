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
_FIRST_GROUP = 8


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
    words = at_every(data, ">i2")
    there = lengths > 0
    signs = np.where(there, at_every(data, ">u2")[begins + 4], 0)
    if (signs >= _NAN).any():
        raise BadValue(int(np.argmax(signs >= _NAN)), "NaN or infinity")
    groups = np.where(there, words[begins], 0)
    weights = words[begins + 2].astype(np.int64)
    total = np.zeros(len(begins), np.int64)
    last = len(words) - 1
    for number in range(int(groups.max(initial=0))):
        places = np.minimum(begins + _FIRST_GROUP + 2 * number, last)
        group = np.where(groups > number, words[places], 0).astype(np.int64)
        power = _DIGITS_A_GROUP * (weights - number) + scale
        total += group * _POWERS[power.clip(0, MOST_DIGITS)] // _POWERS[(-power).clip(0, MOST_DIGITS)]
    return np.where(signs == _NEGATIVE, -total, total)

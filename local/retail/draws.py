"""Random draws without a state: each value is a function of the seed, the field's name and the row's number.

So any row can be made at any time, alone or among ten million, and is always the same: an order knows its customer's
e-mail address without a join, and yesterday's orders can be made again to be shipped today.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_FRACTION_BITS = 53


class Draws:
    """The draws of one seed.

    Args:
        seed: Any text or number; another seed makes another retailer.

    Example:
        >>> import numpy as np
        >>> draws = Draws(7)
        >>> whole, part = draws.uniform("name", np.arange(9)), draws.uniform("name", np.array([4]))
        >>> bool(whole[4] == part[0]), bool((whole != Draws(8).uniform("name", np.arange(9))).all())
        (True, True)
    """

    def __init__(self, seed: int | str) -> None:
        self._seed = seed

    def bits(self, field: str, numbers: Any) -> Any:
        """64 random bits a row (SplitMix64 of the number, keyed by seed and field).

        Source: Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014.
        """
        digest = hashlib.blake2b(f"{self._seed}:{field}".encode(), digest_size=8).digest()
        mixed = np.asarray(numbers).astype(np.uint64) * _GOLDEN + np.uint64(int.from_bytes(digest, "little"))
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
        return mixed ^ (mixed >> np.uint64(31))

    def uniform(self, field: str, numbers: Any) -> Any:
        """A float in [0, 1) a row."""
        return (self.bits(field, numbers) >> np.uint64(64 - _FRACTION_BITS)) * 2.0**-_FRACTION_BITS

    def below(self, field: str, numbers: Any, end: int) -> Any:
        """A whole number in [0, end) a row, each as likely as the others."""
        return (self.uniform(field, numbers) * end).astype(np.int64)

    def happens(self, field: str, numbers: Any, probability: float) -> Any:
        """Whether it happens to a row."""
        return self.uniform(field, numbers) < probability

    def chosen(self, field: str, numbers: Any, weights: Sequence[float]) -> Any:
        """The place of one of the weights a row, in proportion to the weights."""
        edges = np.cumsum(np.asarray(weights, dtype=float))
        return np.searchsorted(edges / edges[-1], self.uniform(field, numbers), side="right")

    def popular(self, field: str, numbers: Any, end: int, exponent: float) -> Any:
        """A whole number in [0, end) a row by a power law: few are drawn often, most seldom.

        Favourites lie scattered. `exponent` 1 has none; with 3 a tenth of the numbers is drawn in half of the rows.
        """
        rank = (end * self.uniform(field, numbers) ** exponent).astype(np.int64)
        return (rank * _coprime(end) + 17) % end


def _coprime(end: int) -> int:
    """A step that visits every number below `end` once."""
    step = max(1, int(end * 0.6180339887))
    while np.gcd(step, end) != 1:
        step += 1
    return step

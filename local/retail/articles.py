"""What the retailer sells: articles by number, each with a price; a few of them sell most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from local.retail.words import digits, joined

if TYPE_CHECKING:
    from local.retail.draws import Draws

ARTICLES = 5_000
_FAVOURITES = 2.0
# A price is e to the power of a bell curve: half below 32 dollars, one in a thousand above 700.
_MEDIAN_CENTS, _SPREAD = 3_200, 1.0
_LEAST_CENTS, _MOST_CENTS = 195, 250_000


class Articles:
    """The articles of one seed.

    Example:
        >>> import numpy as np
        >>> from local.retail.draws import Draws
        >>> articles = Articles(Draws(7))
        >>> articles.skus(np.array([12])).to_pylist(), bool((articles.cents(np.arange(5000)) >= 195).all())
        (['SKU-00012'], True)
    """

    def __init__(self, draws: Draws) -> None:
        self._draws = draws
        self._cents = self._price_list()

    def sold(self, lines: Any) -> Any:
        """Which article each line of an order is about."""
        return self._draws.popular("article", lines, ARTICLES, _FAVOURITES)

    def skus(self, numbers: Any) -> Any:
        """Their stock keeping units."""
        return joined("SKU-", digits(numbers, 5))

    def cents(self, numbers: Any) -> Any:
        """Their prices in cents."""
        return self._cents[numbers]

    def _price_list(self) -> Any:
        numbers = np.arange(ARTICLES)
        # The sum of twelve uniform draws is a bell curve of variance 1 around 6.
        bell = sum(self._draws.uniform(f"price {part}", numbers) for part in range(12)) - 6.0
        cents = _MEDIAN_CENTS * np.exp(_SPREAD * bell)
        # Shops end prices on 95 cents.
        return np.clip((cents // 100) * 100 + 95, _LEAST_CENTS, _MOST_CENTS).astype(np.int64)

"""Customers by their number: any of them can be made at any time, alone or among millions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from local.retail import names, places
from local.retail.words import dates, digits, either, joined, moments, picked, present

if TYPE_CHECKING:
    from local.retail.draws import Draws

_ID_DIGITS = 8
_OTHER_SCRIPT = 0.01
_WITHOUT_PHONE = 0.03
_LANDLINE = 0.2
# A form with two digits for the year took 52 for 2052.
_WRONG_CENTURY = 0.003
# The same person signs up again with the mailbox of the account before.
_SECOND_ACCOUNT = 0.006
_TIERS, _TIER_WEIGHTS = ("bronze", "silver", "gold"), (45, 20, 8)
_WITHOUT_CARD_WEIGHT = 27
_OLDEST, _YOUNGEST = -12_783, 14_975  # 1935-01-01 and 2011-01-01 in days since 1970
_DAYS_A_CENTURY = 36_525
_DIGITS_A_CARD = 12
_STATES = np.array([places.STATES.index(suburb.state) for suburb in places.SUBURBS])


class Customers:
    """The customers of one seed.

    Example:
        >>> import numpy as np
        >>> from local.retail.draws import Draws
        >>> customers = Customers(Draws(7))
        >>> customers.ids(np.array([42])).to_pylist()
        ['C00000042']
    """

    def __init__(self, draws: Draws) -> None:
        self._draws = draws

    def ids(self, numbers: Any) -> Any:
        """Their ids."""
        return joined("C", digits(numbers, _ID_DIGITS))

    def suburbs(self, numbers: Any) -> Any:
        """The place of each one's suburb in `places.SUBURBS`."""
        return self._draws.chosen("suburb", numbers, [suburb.weight for suburb in places.SUBURBS])

    def states(self, numbers: Any) -> Any:
        """Where they live."""
        return picked(places.STATES, _STATES[self.suburbs(numbers)])

    def emails(self, numbers: Any) -> Any:
        """Their mailboxes, as a mail server would write them."""
        again = self._draws.happens("second account", numbers, _SECOND_ACCOUNT) & (numbers > 0)
        owners = np.where(again, numbers - 1, numbers)
        domains = self._draws.chosen("mail domain", owners, names.MAIL_WEIGHTS)
        return joined(
            picked(names.GIVEN_PLAIN, self._given(owners)),
            ".",
            pc.cast(pa.array(owners), pa.string()),
            "@",
            picked(names.MAIL_DOMAINS, domains),
        )

    def table(self, numbers: Any, *, created_at: Any, edition: int = 0) -> Any:
        """The rows of the customers as the source exports them.

        Args:
            numbers: Which customers.
            created_at: Seconds since 1970 at which each signed up.
            edition: How often the row was changed; a change flips the consent and may write the phone otherwise.
        """
        suburbs = self.suburbs(numbers)
        tier = self._draws.chosen("tier", numbers, (*_TIER_WEIGHTS, _WITHOUT_CARD_WEIGHT))
        has_card = tier < len(_TIERS)
        card = joined("6290", digits(self._draws.below("card", numbers, 10**_DIGITS_A_CARD), _DIGITS_A_CARD))
        consent = self._draws.happens("consent", numbers, 0.62) ^ (edition % 2 == 1)
        columns = {
            "customer_id": self.ids(numbers),
            "name": self._names(numbers),
            "email": self.emails(numbers),
            "phone": self._phones(numbers, edition),
            "date_of_birth": self._births(numbers),
            "address_line": joined(
                pc.cast(pa.array(self._draws.below("house", numbers, 240) + 1), pa.string()),
                " ",
                picked(places.STREETS, self._draws.below("street", numbers, len(places.STREETS))),
            ),
            "suburb": picked([suburb.name for suburb in places.SUBURBS], suburbs),
            "state": picked(places.STATES, _STATES[suburbs]),
            "postcode": picked([suburb.postcode for suburb in places.SUBURBS], suburbs),
            "loyalty_tier": present(has_card, picked(_TIERS, np.minimum(tier, len(_TIERS) - 1))),
            "loyalty_card": present(has_card, card),
            "marketing_consent": pa.array(consent, pa.bool_()),
            "created_at": moments(created_at),
        }
        return pa.table(columns)

    def _given(self, numbers: Any) -> Any:
        # Names are as uneven as people's choice of them.
        return self._draws.popular("given name", numbers, len(names.GIVEN), 1.6)

    def _names(self, numbers: Any) -> Any:
        family = self._draws.popular("family name", numbers, len(names.FAMILY), 1.8)
        latin = joined(picked(names.GIVEN, self._given(numbers)), " ", picked(names.FAMILY, family))
        other = self._draws.below("other name", numbers, len(names.OTHER_SCRIPTS))
        scripts = picked(names.OTHER_SCRIPTS, other)
        return either(self._draws.happens("other script", numbers, _OTHER_SCRIPT), scripts, latin)

    def _births(self, numbers: Any) -> Any:
        # Twice uniform: most customers are neither very young nor very old.
        share = (self._draws.uniform("born", numbers) + self._draws.uniform("born too", numbers)) / 2
        born = (_OLDEST + share * (_YOUNGEST - _OLDEST)).astype(np.int64)
        wrong = self._draws.happens("wrong century", numbers, _WRONG_CENTURY)
        return dates(born + wrong * _DAYS_A_CENTURY)

    def _phones(self, numbers: Any, edition: int) -> Any:
        """Numbers that Australia keeps for fiction (0491 57x, 5550 and 7010), in the ways people write them."""
        block = self._draws.below("phone block", numbers, 10)
        last = digits(self._draws.below("phone", numbers, 1000), 3)
        middle = joined("57", pc.cast(pa.array(block), pa.string()))
        mobile = [
            joined("0491 ", middle, " ", last),
            joined("0491", middle, last),
            joined("+61 491 ", middle, " ", last),
            joined("+61491", middle, last),
            joined("0491-", middle, "-", last),
        ]
        area = picked([places.AREA_CODES[state] for state in places.STATES], _STATES[self.suburbs(numbers)])
        exchange = picked(("5550", "7010"), block % 2)
        rest = joined(pc.cast(pa.array(block), pa.string()), last)
        landline = [
            joined("(0", area, ") ", exchange, " ", rest),
            joined("0", area, " ", exchange, " ", rest),
            joined("+61 ", area, " ", exchange, " ", rest),
        ]
        way = f"phone format {edition}" if edition else "phone format"
        found = either(
            self._draws.happens("landline", numbers, _LANDLINE),
            _one_of(landline, self._draws.chosen(way, numbers, (6, 3, 1))),
            _one_of(mobile, self._draws.chosen(way, numbers, (50, 25, 12, 8, 5))),
        )
        return present(~self._draws.happens("no phone", numbers, _WITHOUT_PHONE), found)


def _one_of(columns: list[Any], places_: Any) -> Any:
    return pc.choose(pa.array(places_, pa.int64()), *columns)

"""What a contract must say of personal data: its classification, its masking, and a method that can work.

At landing the column itself changes, before raw, and keeps its type; when queried, a masked column stands beside it
in curated. `tokenize` needs a key, which may stand in no SQL: it happens at landing or not at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.column_types import is_type
from data_platform.contracts.custom_properties import custom_place
from data_platform.contracts.masking import fitting_kinds
from data_platform.contracts.model import CLASSIFICATIONS
from data_platform.contracts.types import kind

if TYPE_CHECKING:
    from data_platform.contracts.model import Column, Masking
    from data_platform.contracts.place import Place

_GUARDED = ("confidential", "restricted")
# Different values become equal, or none: such a column tells no rows apart.
_MERGING = ("redact", "last4", "truncate-date", "null")


def check_privacy(place: Place, column: Column) -> None:
    """Report what is wrong with a column's classification and masking."""
    if column.pii:
        _check_personal(place, column)
    if column.masking is None:
        return
    spot = custom_place(place, "masking")
    if column.masking.method == "tokenize" and column.masking.when == "query":
        spot.report(
            "tokenize cannot happen when queried: the key would have to stand in SQL, which whoever may list queries "
            "reads",
            allowed="tokenize with `when: landing`; hash, redact, last4, truncate-date, null with `when: query`",
            mend="write `when: landing`, or choose hash",
        )
        return
    _check_type(spot, column, column.masking)
    if column.masking.when == "landing":
        _check_loss(spot, column, column.masking)


def _check_personal(place: Place, column: Column) -> None:
    if column.masking is None:
        place.report("is pii but has no masking", mend="add customProperties masking {method, when}")
    tokenised = column.masking is not None and column.masking.method == "tokenize"
    allowed = CLASSIFICATIONS[CLASSIFICATIONS.index("internal") :] if tokenised else _GUARDED
    if "classification" not in place.value or column.classification not in allowed:
        place.report(
            f"is pii and its classification is {place.read('classification', 'missing')}",
            allowed=", ".join(allowed) + (" (it holds tokens)" if tokenised else ""),
            mend=f"add `classification: {allowed[0]}`",
        )


def _check_type(spot: Place, column: Column, masking: Masking) -> None:
    """A column masked at landing has the same type from raw to curated, so both of its types must fit."""
    types = [column.physical_type]
    if masking.when == "landing":
        types.append(column.source_type)
    fitting = fitting_kinds(masking.method, masking.when)
    for name in types:
        if is_type(name) and kind(name) not in fitting:
            where = " at landing, where the column keeps its type" if masking.when == "landing" else ""
            spot.report(
                f"{masking.method} does not fit {name}{where}",
                allowed=f"a column of {', '.join(fitting)}",
                mend="choose truncate-date for dates, null for anything, or `when: query`",
            )
            return


def _check_loss(spot: Place, column: Column, masking: Masking) -> None:
    if masking.method in _MERGING and (column.unique or column.primary_key_position is not None):
        spot.report(
            f"{masking.method} at landing makes different values equal, and the column tells rows apart",
            allowed="tokenize, hash",
            mend="write `method: tokenize`",
        )
    elif masking.method == "null" and column.required:
        spot.report(
            "null at landing leaves nothing in a column that is required",
            mend="remove `required: true`, or choose another method",
        )

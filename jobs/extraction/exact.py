"""What is kept exactly, and what is not: years 1 to 9999, milliseconds, decimals within their precision."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs.extraction.columns import BadValue

_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896  # 0001-01-01 and 9999-12-31 in days since 1970
_DAY = 86_400_000_000
_FIRST_MOMENT, _LAST_MOMENT = _FIRST_DAY * _DAY, (_LAST_DAY + 1) * _DAY - 1
_MILLISECOND = 1000  # microseconds
FINER = "finer than a millisecond, which Athena cuts off raw timestamps; sourceType string would keep it"
_OUTSIDE = "infinite, before the year 1 or after 9999"
_PLAIN = r"^[+-]?[0-9]+(\.[0-9]+)?$"


def days_in_range(days: Any) -> None:
    """Refuse days since 1970 outside the years 1 to 9999.

    Raises:
        BadValue: the first such day.
    """
    _in_range(days, _FIRST_DAY, _LAST_DAY)


def moments_kept(moments: Any) -> None:
    """Refuse microseconds since 1970 outside the years 1 to 9999, and what is finer than a millisecond.

    Parquet would keep it, but Athena reads timestamps of plain files to the millisecond
    (docs.aws.amazon.com/athena/latest/ug/data-types.html): staged would hold another value than the database.

    Raises:
        BadValue: the first such moment.
    """
    _in_range(moments, _FIRST_MOMENT, _LAST_MOMENT)
    finer = moments % _MILLISECOND != 0
    if finer.any():
        raise BadValue(int(finer.argmax()), FINER)


def _in_range(values: Any, first: int, last: int) -> None:
    if len(values) and (values.min() < first or values.max() > last):
        raise BadValue(int(((values < first) | (values > last)).argmax()), _OUTSIDE)


def decimals_of_text(texts: pa.Array, kind: pa.DataType) -> pa.Array:
    """Digits as decimals.

    Raises:
        BadValue: the first that is no number, NaN or infinite.

    Example:
        >>> decimals_of_text(pa.array(["1.50", None]), pa.decimal128(38, 2)).to_pylist()
        [Decimal('1.50'), None]
    """
    plain = pc.fill_null(pc.match_substring_regex(texts, _PLAIN), fill_value=True)
    if not pc.all(plain, min_count=0).as_py():
        raise BadValue(pc.index(plain, value=False).as_py(), "NaN or infinity")
    return texts.cast(kind)

"""The values that land in place of those that a contract masks at landing, by method."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from data_platform.contracts.masking import LAST, REDACTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from data_platform.contracts.tokens import TokenKeys

SCATTERED = ("tokenize", "hash")  # the methods whose values are digests: each as likely as any other


def landed(values: pa.Array, method: str, *, salt: str, keys: TokenKeys | None) -> pa.Array:
    """What lands of a column. NULL stays NULL with every method.

    Args:
        values: The column; text, but a date or a timestamp for truncate-date and any for null.
        method: tokenize, hash, redact, last4, truncate-date or null.
        salt: Stands before a value that is hashed (`hash_salt`).
        keys: The domain's token keys, where the method is tokenize.

    Raises:
        KeyError: when the method is unknown.
        ValueError: when there are no token keys to tokenise with.

    Example:
        >>> landed(pa.array(["0123456789", None]), "last4", salt="", keys=None).to_pylist()
        ['******6789', None]
    """
    if method not in SCATTERED:
        return _METHODS[method](values)
    from jobs.masking.tokens import salted_hashes, tokens  # noqa: PLC0415 - polars, which most tables do not need

    if method == "hash":
        return salted_hashes(values, salt)
    if keys is None:
        raise ValueError("a column is tokenised and there are no token keys")
    return tokens(values, keys)


def _redact(values: pa.Array) -> pa.Array:
    return pc.if_else(pc.is_valid(values), pa.scalar(REDACTED), pa.scalar(None, pa.string()))


def _last4(values: pa.Array) -> pa.Array:
    length = pc.utf8_length(values)
    hidden = pc.binary_repeat(
        pa.array(["*"] * len(values), pa.string()),
        pc.if_else(pc.greater(length, LAST), pc.subtract(length, LAST), length),
    )
    kept = pc.if_else(pc.greater(length, LAST), pc.utf8_slice_codeunits(values, -LAST), pa.scalar(""))
    return pc.binary_join_element_wise(hidden, kept, "")


def _truncate_date(values: pa.Array) -> pa.Array:
    return pc.cast(pc.floor_temporal(values, unit="year"), values.type)


def _null(values: pa.Array) -> pa.Array:
    return pa.nulls(len(values), values.type)


_METHODS: dict[str, Callable[[pa.Array], pa.Array]] = {
    "redact": _redact,
    "last4": _last4,
    "truncate-date": _truncate_date,
    "null": _null,
}

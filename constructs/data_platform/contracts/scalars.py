"""Plain YAML scalars: read when every YAML version agrees, refused when they do not."""

from __future__ import annotations

import math
import re

# YAML 1.1 reads these as minutes, dates, booleans or octal; YAML 1.2 and people read text. So: quote.
_TIME = re.compile(r"[-+]?\d{1,3}(?::\d{1,2})+(?:\.\d*)?")
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:[Tt ].*)?")
_WORDS = {"yes": True, "on": True, "no": False, "off": False}
_ODD_NUMBER = re.compile(r"[-+]?(?:0[0-9_]+|0[xXbo][0-9a-fA-F_]+|[0-9][0-9_]*_[0-9_]*(?:\.[0-9_]*)?)")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][-+]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_LONGEST_NUMBER = 18  # digits that a 64-bit integer surely holds


class ScalarTrap(ValueError):
    """A plain scalar that means different things to different readers."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend


def read_scalar(raw: str) -> str | int | float | bool | None:
    """The value of a plain (unquoted) scalar.

    Raises:
        ScalarTrap: when YAML versions disagree about it, or it is no number that JSON has.

    Example:
        >>> read_scalar("12"), read_scalar("1.5"), read_scalar("true"), read_scalar("v3.1.0")
        (12, 1.5, True, 'v3.1.0')
        >>> read_scalar("16:00")
        Traceback (most recent call last):
        ...
        data_platform.contracts.scalars.ScalarTrap: 16:00 without quotes is a number in YAML 1.1
    """
    if raw in _CONSTANTS:
        return _CONSTANTS[raw]
    _refuse_trap(raw)
    if _INTEGER.fullmatch(raw):
        if len(raw) > _LONGEST_NUMBER:
            raise ScalarTrap(
                f"a number of {len(raw)} digits is too long", f"write at most {_LONGEST_NUMBER} digits"
            )
        return int(raw)
    if _NUMBER.fullmatch(raw):
        number = float(raw)
        if not math.isfinite(number):
            raise ScalarTrap(f"{raw[:40]} is not a finite number", "write a smaller number")
        return number
    return raw


def _refuse_trap(raw: str) -> None:
    quoted = f'quote it: "{raw[:40]}"'
    if _TIME.fullmatch(raw):
        raise ScalarTrap(f"{raw} without quotes is a number in YAML 1.1", quoted)
    if _DATE.fullmatch(raw):
        raise ScalarTrap(f"{raw} without quotes is a date object in YAML 1.1", quoted)
    if raw.lower() in _WORDS:
        constant = str(_WORDS[raw.lower()]).lower()
        raise ScalarTrap(f"{raw} without quotes is {constant} in YAML 1.1", f"write {constant}, or {quoted}")
    if _ODD_NUMBER.fullmatch(raw):
        raise ScalarTrap(
            f"{raw[:40]} is read as different numbers by YAML 1.1 and 1.2", f"write it in tens, or {quoted}"
        )
    if _NO_NUMBER.fullmatch(raw):
        raise ScalarTrap(f"{raw} is not a number that a contract can hold", "write a number")

"""How a wrong setting is refused: which file and field, what is there, what is allowed, how to mend it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

_HERE = str(Path(__file__).parent.resolve())
_OWN_FILES = {
    "access.py",
    "audit.py",
    "databases.py",
    "detection.py",
    "model.py",
    "network.py",
    "recovery.py",
    "refusal.py",
    "slices.py",
    "streaming.py",
}


class InvalidEnvironment(ValueError):
    """A setting of an environment is not allowed; the message says where and how to mend it."""


def require(allowed_now: bool, field: str, value: object, *, allowed: str, mend: str) -> None:  # noqa: FBT001
    """Refuse a value unless it is allowed.

    Args:
        allowed_now: Whether the value is allowed.
        field: The field, as `Class.field`.
        value: What was given.
        allowed: What would be allowed, in words.
        mend: What to write instead.

    Raises:
        InvalidEnvironment: when the value is not allowed.
    """
    if not allowed_now:
        raise InvalidEnvironment(f"{_written_at()}: {field} is {value!r}. Allowed: {allowed}. Mend: {mend}.")


def require_whole(field: str, value: object, *, least: int, most: int, unit: str) -> None:
    """Refuse anything but a whole number within bounds (a bool is no number here)."""
    require(
        isinstance(value, int) and not isinstance(value, bool) and least <= value <= most,
        field,
        value,
        allowed=f"a whole number of {unit} from {least} to {most}",
        mend=f"write {field.rsplit('.', 1)[-1]}=<{unit}> within these bounds",
    )


def require_match(field: str, value: object, pattern: str, *, allowed: str, mend: str) -> None:
    """Refuse a value that is not text of this shape."""
    require(
        isinstance(value, str) and bool(re.fullmatch(pattern, value)),
        field,
        value,
        allowed=allowed,
        mend=mend,
    )


def require_texts(field: str, values: object, pattern: str, *, allowed: str, mend: str) -> None:
    """Refuse anything but a tuple of texts of this shape, none twice."""
    require(
        isinstance(values, tuple)
        and all(isinstance(value, str) and re.fullmatch(pattern, value) for value in values)
        and len(set(values)) == len(values),
        field,
        values,
        allowed=f"a tuple of {allowed}, none twice",
        mend=mend,
    )


def _written_at() -> str:
    """The file and line that wrote the value: the first frame outside this package's own machinery."""
    frame = sys._getframe(1)  # noqa: SLF001 - the only way to name the line that a dataclass was built on
    while frame.f_back is not None:
        path = Path(frame.f_code.co_filename)
        own = str(path.parent) == _HERE and path.name in _OWN_FILES
        made_by_dataclasses = path.name == "dataclasses.py" or path.name.startswith("<")
        if not own and not made_by_dataclasses:
            break
        frame = frame.f_back
    path = Path(frame.f_code.co_filename)
    return f"{path.parent.name}/{path.name}:{frame.f_lineno}"

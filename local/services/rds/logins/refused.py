"""A login that is refused."""

from __future__ import annotations


class Refused(Exception):
    """The front refuses a login; the text is what the database would say.

    Args:
        code: SQLSTATE.
        message: the database's words.
        hint: why, in ours.
    """

    def __init__(self, code: str, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.hint = hint

"""How an extraction ends when it commits nothing."""

from __future__ import annotations


class Refused(Exception):
    """The tables may not be extracted as they are; repeating does not help, and nothing is visible."""


class Unreachable(Exception):
    """The database or AWS did not answer, or threw out what was asked; the same call may succeed later."""


class WrongCall(Exception):
    """The arguments or the environment variables are not what the job needs."""

"""What `dp` tells the shell."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every command of `dp`."""

    OK = 0
    FINDINGS = (
        1  # it was asked, and the answer is no: a run failed, a contract breaks, a check found something
    )
    USAGE = 2  # the call's words are off
    UNREACHABLE = 3  # AWS, or the embedded AWS, did not answer


class CommandFailed(Exception):
    """A command ends with this code; the message says what, where and how to mend."""

    def __init__(self, message: str, code: ExitCode = ExitCode.FINDINGS) -> None:
        super().__init__(message)
        self.code = code

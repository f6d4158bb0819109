"""How a command ends: with a code for the shell, and never with a traceback for what a user can mend."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from operations.exit_codes import CommandFailed, ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable


def end(command: Callable[[], int]) -> None:
    """Run a command and end the process with its exit code; AWS's own errors become a sentence.

    Raises:
        typer.Exit: always, with the code.
    """
    try:
        code = command()
    except CommandFailed as failure:
        sys.stderr.write(f"{failure}\n")
        code = failure.code
    except KeyboardInterrupt:
        sys.stderr.write("Stopped; what runs in AWS goes on. `dp status` shows it.\n")
        code = ExitCode.FINDINGS
    except Exception as error:
        if (explained := _unreachable(error)) is None:
            raise
        sys.stderr.write(f"{explained}\n")
        code = ExitCode.UNREACHABLE
    raise typer.Exit(code)


def _unreachable(error: Exception) -> str | None:
    """A sentence for AWS's own errors; None for a defect of ours, which keeps its traceback."""
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(error, ClientError):
        return f"AWS refused: {error}. Check the role and that the environment is deployed."
    if isinstance(error, BotoCoreError):
        return f"AWS does not answer: {error}. Sign in (aws sso login), or `make local` for the embedded AWS."
    return None

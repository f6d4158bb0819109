"""Started in place of a container's process: lets it end with the embedded AWS, then becomes it."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel for SIGKILL when our parent goes (Linux), then run the command line given."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    try:
        os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - the command line of the task definition
    except OSError as error:
        sys.stderr.write(f"exec {sys.argv[1]}: {error.strerror}\n")
        sys.exit(127)


if __name__ == "__main__":
    main()

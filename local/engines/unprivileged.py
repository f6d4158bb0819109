"""Started in place of an engine: stops being root, ends with its parent, then becomes the engine.

PostgreSQL refuses to run as root. A user namespace that maps root to `nobody` keeps the access to files that root
owns (also below folders of mode 0700); where the kernel allows none, the process becomes the real `nobody`.
Runs as a script without the project on its path: standard library only.
"""

import contextlib
import ctypes
import os
import pwd
import signal
import sys

NAMESPACE, SWITCH, SAME = "namespace", "switch", "same"
_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000
_USER = "nobody"


def account() -> tuple[int, int]:
    """User and group id of `nobody`."""
    entry = pwd.getpwnam(_USER)
    return entry.pw_uid, entry.pw_gid


def become(how: str) -> None:
    """Stop being root.

    Args:
        how: `namespace`, `switch`, or `same` for who is not root.

    Raises:
        OSError: The kernel refuses.
    """
    user, group = account()
    if how == NAMESPACE:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(_CLONE_NEWUSER) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        for name, line in (("uid_map", f"{user} 0 1"), ("setgroups", "deny"), ("gid_map", f"{group} 0 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123 - no pathlib needed
                file.write(line)
    elif how == SWITCH:
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)


def main() -> None:
    """Arguments: how, the signal that ends the engine with its parent (0: none), then its command line."""
    how, number, parent = sys.argv[1], int(sys.argv[2]), os.getppid()
    become(how)
    if number and sys.platform == "linux":
        # After the change of identity, which clears it.
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            sys.exit(1)
    os.umask(0o077)
    with contextlib.suppress(OSError):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        os.execvp(sys.argv[3], sys.argv[3:])  # noqa: S606 - the engine's command line
    except OSError as error:
        sys.stderr.write(f"exec {sys.argv[3]}: {error.strerror}\n")
        sys.exit(127)


if __name__ == "__main__":
    main()

"""Prints the Python that the venv is made from: the quickest build of the version that runs this.

    python3 local/quickest_python.py

A Python that was compiled without profile-guided optimisation, as pyenv compiles by default, takes half as long again
for the same work as a distribution's of the same version; the machine often has both. `make` asks when it makes the
venv, unless PYTHON says which one to take. Only the standard library is used, as nothing is installed by then.

Source: docs.python.org/3/using/configure.html#performance-options.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

# A build has to be this much quicker than the one that was asked for to be taken in its place.
_WORTH_IT = 1.2
_ROUNDS = 3
_USUAL_FOLDERS = ("/usr/local/bin", "/usr/bin", "/opt/homebrew/bin")
# Says where and what it is, and the best of five times for a bit of everything; nothing if it could make no venv.
_PROBE = """
import json, platform, sys, time
import ensurepip, ssl, venv

def work():
    counted, started = {}, time.perf_counter()
    for number in range(30_000):
        text = str(number % 97)
        counted[text] = counted.get(text, 0) + len([digit for digit in text if digit > "3"])
    return time.perf_counter() - started

print(json.dumps({
    "executable": sys.executable,
    "home": sys.base_prefix,
    "build": [*sys.version_info[:2], platform.machine(), getattr(sys, "abiflags", "")],
    "seconds": min(work() for _ in range(5)),
}))
"""


def quickest(asked: str, others: list[str]) -> str:
    """The executable of the quickest build.

    Args:
        asked: The interpreter that is taken unless another one is clearly quicker.
        others: Interpreters to compare it with; those that do not start, cannot make a venv or are of another
            version, machine or kind of build are left out.

    Example:
        >>> quickest(sys.executable, ["no-such-python"]) == sys.executable
        True
    """
    own = _probed(asked)
    if own is None:
        return asked
    rivals: dict[str, dict[str, Any]] = {}
    for other in others:
        found = _probed(other)
        if found and found["build"] == own["build"] and found["home"] != own["home"]:
            rivals.setdefault(found["home"], found)
    if not rivals:
        return asked
    best = min(rivals.values(), key=lambda found: found["seconds"])
    # A busy moment slows either: both are asked again in turn.
    for _ in range(_ROUNDS):
        for found in (own, best):
            again = _probed(found["executable"])
            found["seconds"] = min(found["seconds"], again["seconds"]) if again else found["seconds"]
    return str(best["executable"]) if own["seconds"] > _WORTH_IT * best["seconds"] else asked


def _probed(executable: str) -> dict[str, Any] | None:
    try:
        told = subprocess.run(
            [executable, "-I", "-c", _PROBE], capture_output=True, text=True, timeout=30, check=True
        )
        found: dict[str, Any] = json.loads(told.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return found


def of_this_version() -> list[str]:
    """Every interpreter of this one's version in the folders of PATH and in the usual ones."""
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    folders = [*os.environ.get("PATH", "").split(os.pathsep), *_USUAL_FOLDERS]
    found = [Path(folder) / name for folder in dict.fromkeys(folders) if folder]
    return [str(path) for path in found if os.access(path, os.X_OK)]


def main() -> int:
    """Print the quickest; tell where it is another one than this."""
    taken = quickest(sys.executable, of_this_version())
    if taken != sys.executable:
        sys.stderr.write(
            f"{taken} does the same work clearly quicker than {sys.executable} and is taken. "
            "PYTHON=python3 takes yours.\n"
        )
    sys.stdout.write(f"{taken}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

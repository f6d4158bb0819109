"""`python -m local.engines`: fetch every engine of this machine once, so that later starts need no network."""

from __future__ import annotations

import sys

from local.engines import mariadb, postgres
from local.engines.artifacts import EngineUnavailable


def main() -> int:
    """Fetch what is not there yet.

    Returns:
        0 when PostgreSQL is there; MariaDB is left out, with a word, where it has no build.
    """
    try:
        print(postgres.installed())
    except EngineUnavailable as problem:
        print(problem, file=sys.stderr)
        return 1
    try:
        print(mariadb.installed())
    except EngineUnavailable as problem:
        print(f"No MySQL source can be tried here: {problem}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())

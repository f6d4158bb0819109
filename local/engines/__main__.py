"""`python -m local.engines`: fetch the database engines of this machine once; with `kafka`, those of streams too.

With `java` alone their runtime, of which the program is printed.

Engines of streams are fetched when a cluster is first made; fetched ahead, later starts need no network.
"""

from __future__ import annotations

import argparse
import sys

from local.engines import connect, java, kafka, mariadb, postgres
from local.engines.artifacts import EngineUnavailable


def main(arguments: list[str] | None = None) -> int:
    """Fetch what is not there yet.

    Returns:
        0 when the engines are there; MariaDB is left out, with a word, where it has no build.
    """
    parser = argparse.ArgumentParser(prog="python -m local.engines", description=__doc__)
    parser.add_argument("engines", nargs="?", choices=("databases", "kafka", "java"), default="databases")
    try:
        wanted = parser.parse_args(arguments).engines
        if wanted == "java":
            print(java.installed() / "bin" / "java")
            return 0
        if wanted == "kafka":
            for folder in (kafka.archive().parent, connect.installed(), connect.iam_login()):
                print(folder)
            return 0
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

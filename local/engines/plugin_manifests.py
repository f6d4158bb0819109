"""What a scan of a worker's plug-ins found, kept by their jars' content, so that the next worker need not scan.

Kafka Connect finds a plug-in by the manifest in its jar, and one without a manifest by reading every class of every
jar beside it: more than half of a worker's start. Which have none it says itself (`plugin.discovery=hybrid_warn`).
With manifests for just those, as Kafka's own `connect-plugin-path` writes them, `service_load` finds the same.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections import defaultdict
from typing import TYPE_CHECKING

from local.engines import artifacts

if TYPE_CHECKING:
    from pathlib import Path

_MANIFESTS = "service-manifests.jar"
_NONE = "All plugins have ServiceLoader manifests"
_SOME = re.compile(r"One or more plugins are missing ServiceLoader manifests[^\[]*\[\n(.*?)\n\]", re.DOTALL)
_CONNECT = "org.apache.kafka.connect."
_INTERFACES = {
    "source": f"{_CONNECT}source.SourceConnector",
    "sink": f"{_CONNECT}sink.SinkConnector",
    "converter": f"{_CONNECT}storage.Converter",
    "header_converter": f"{_CONNECT}storage.HeaderConverter",
    "transformation": f"{_CONNECT}transforms.Transformation",
    "predicate": f"{_CONNECT}transforms.predicates.Predicate",
    "rest_extension": f"{_CONNECT}rest.ConnectRestExtension",
    "connector_client_config_override_policy": f"{_CONNECT}connector.policy.ConnectorClientConfigOverridePolicy",
    "configprovider": "org.apache.kafka.common.config.provider.ConfigProvider",
}


def discovery(plugins: Path) -> str:
    """The worker's `plugin.discovery`; where a scan of these very jars is known, manifests lie beside them then."""
    folders = _folders(plugins)
    found = [_kept(one) for one in folders]
    if not folders or not all(file.exists() for file in found):
        return "hybrid_warn"
    for folder, file in zip(folders, found, strict=True):
        manifests = json.loads(file.read_text())
        if manifests:
            _write(folder / _MANIFESTS, manifests)
    return "service_load"


def learn(plugins: Path, said: str) -> None:
    """Keep what a worker that scanned these plug-ins said of them; what it did not say is not guessed.

    Args:
        plugins: the folder that holds a folder of jars for each plug-in.
        said: the worker's log since its start.
    """
    folders = {str(one): one for one in _folders(plugins)}
    missing: dict[str, dict[str, list[str]]] = {name: {} for name in folders}
    listed = _SOME.search(said)
    if listed is None and _NONE not in said:
        return
    for line in listed[1].splitlines() if listed else ():
        place, name, kind, _ = line.split("\t")
        where = place.removeprefix("file:").rstrip("/")
        if where not in missing or kind not in _INTERFACES:
            return
        missing[where].setdefault(_INTERFACES[kind], []).append(name)
    for where, manifests in missing.items():
        file = _kept(folders[where])
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_suffix(f".{hashlib.sha256(where.encode()).hexdigest()[:8]}")
        beside.write_text(json.dumps(manifests, sort_keys=True))
        beside.replace(file)


def _folders(plugins: Path) -> list[Path]:
    return sorted(one for one in plugins.resolve().iterdir() if one.is_dir())


def _kept(folder: Path) -> Path:
    """Where the scan of jars like these is kept, whatever their folder is called."""
    digests: dict[str, str] = defaultdict(str)
    for jar in folder.rglob("*.jar"):
        if jar.name != _MANIFESTS:
            with jar.open("rb") as content:
                digests[jar.name] += hashlib.file_digest(content, "sha256").hexdigest()
    known = hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()
    return artifacts.folder() / "plugin-scans" / f"{known}.json"


def _write(jar: Path, manifests: dict[str, list[str]]) -> None:
    with zipfile.ZipFile(jar, "w") as archive:
        for interface, names in sorted(manifests.items()):
            archive.writestr(f"META-INF/services/{interface}", "".join(f"{name}\n" for name in names))

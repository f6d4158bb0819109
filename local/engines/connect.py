"""A worker of Kafka Connect 3.7, the version that MSK Connect runs, with plug-ins in folders.

Example:
    worker = Worker(tmp_path / "worker", parameters={"bootstrap.servers": "localhost:9092", ...}, plugins=folder)
    worker.start()
    worker.put("orders", {"connector.class": "io.debezium.connector.postgresql.PostgresConnector", ...})
"""

from __future__ import annotations

import json
import signal
import time
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from local import ports
from local.engines import artifacts, java, plugin_manifests, privileges, server

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psutil

VERSION = "3.7.2"
HEAP_MIB = 320
_JARS = Path(__file__).with_name("jars")
_REST_SECONDS = 90
_REBALANCED_SECONDS = 60
_POLL_SECONDS = 0.5
_LOGGING = """log4j.rootLogger=INFO, stdout
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.stdout.layout=org.apache.log4j.PatternLayout
log4j.appender.stdout.layout.ConversionPattern=[%d{ISO8601}] %p %m (%c)%n
log4j.logger.org.apache.kafka.clients=WARN
log4j.logger.org.reflections=ERROR
"""


def mariadb() -> Path:
    """The folder of Debezium's connector for MariaDB and its driver, without what a plug-in has anyhow."""
    return artifacts.collect(_JARS / "mariadb" / "jgo.lock.toml", "debezium-mariadb-3.2.0.Final")


class RestError(RuntimeError):
    """The worker refused a request; the text is its own."""


class Rebalancing(RestError):
    """The worker's group takes stock of its members: what was asked can be asked again (HTTP 409)."""


def installed() -> Path:
    """The folder of the worker's jars; fetched on the first call, with the Java runtime.

    Raises:
        local.engines.artifacts.EngineUnavailable: It cannot be had on this machine.
    """
    java.installed()
    return artifacts.collect(_JARS / "connect" / "jgo.lock.toml", f"connect-{VERSION}")


def iam_login() -> Path:
    """The folder of the jar by which a worker logs in to a cluster with IAM."""
    return artifacts.collect(_JARS / "iam" / "jgo.lock.toml", "msk-iam-auth-2.3.6")


class Worker(server.Engine):
    """One distributed worker; its connectors and offsets live in topics, its REST API on the loopback address.

    Args:
        folder: everything that it keeps.
        parameters: as in connect-distributed.properties, without plugin.path and listeners.
        plugins: the folder that holds a folder of jars for each plug-in.
        options: more options of the Java runtime.
        environment: variables beside the process's own few.
    """

    stop_signals: ClassVar[tuple[int, ...]] = (signal.SIGTERM,)
    # Its cluster ends at the same time, and a worker would wait for it to say goodbye; all that it knows is there.
    ends_with_us: ClassVar[int] = signal.SIGKILL

    def __init__(
        self,
        folder: Path,
        *,
        parameters: Mapping[str, str],
        plugins: Path,
        options: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(folder, parameters=parameters, environment=environment)
        self.plugins = plugins
        self.options = tuple(options)
        self.port = 0

    def start(self, *, seconds: float = 60) -> None:
        """Start it, and keep what a scan of its plug-ins found.

        Raises:
            EngineError: It ended or did not answer in time.
        """
        if self.running:
            return
        began = self.log.stat().st_size if self.log.exists() else 0
        super().start(seconds=seconds)
        with self.log.open(errors="replace") as log:
            log.seek(began if began <= self.log.stat().st_size else 0)
            plugin_manifests.learn(self.plugins, log.read())

    def put(self, name: str, config: Mapping[str, str]) -> None:
        """Make a connector, or change its configuration; waits while the group takes stock, as after a kill.

        Raises:
            RestError: The connector's class does not take it; the text says why.
        """
        deadline = time.monotonic() + _REBALANCED_SECONDS
        while True:
            try:
                self._ask("PUT", f"/connectors/{name}/config", dict(config))
            except Rebalancing:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_POLL_SECONDS)
            else:
                return

    def status(self, name: str) -> dict[str, Any] | None:
        """State of a connector and its tasks; None while the worker knows it not, or takes stock of its group."""
        try:
            return dict(self._ask("GET", f"/connectors/{name}/status"))
        except RestError:
            return None

    def restart_tasks(self, name: str, *, only_failed: bool) -> None:
        """Start a connector and its tasks again.

        Raises:
            RestError: There is no such connector.
        """
        wanted = f"includeTasks=true&onlyFailed={str(only_failed).lower()}"
        self._ask("POST", f"/connectors/{name}/restart?{wanted}")

    def _ask(self, method: str, path: str, content: Any = None) -> Any:
        body = json.dumps(content).encode() if content is not None else None
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        address = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(address, data=body, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=_REST_SECONDS) as answer:  # noqa: S310 - our own
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            refused = Rebalancing if error.code == HTTPStatus.CONFLICT else RestError
            raise refused(_message(error.read())) from error
        except OSError as error:
            raise RestError(f"The worker does not answer: {error}") from error

    def _is_made(self) -> bool:
        return self.data.is_dir()

    def _make(self) -> None:
        self.data.mkdir(mode=0o700)

    def _configure(self) -> None:
        self.port = ports.choose(self.port or None, pair=False)
        properties = {
            **self.parameters,
            "plugin.path": str(self.plugins),
            "plugin.discovery": plugin_manifests.discovery(self.plugins),
            "listeners": f"http://127.0.0.1:{self.port}",
        }
        lines = [f"{name}={java.escaped(value)}" for name, value in properties.items()]
        for file, text in ((self._properties, "\n".join(lines) + "\n"), (self._logging, _LOGGING)):
            file.touch(mode=0o600)
            file.write_text(text)
        privileges.give(self.folder)

    @property
    def _properties(self) -> Path:
        return self.folder / "worker.properties"

    @property
    def _logging(self) -> Path:
        return self.folder / "log4j.properties"

    def _command_line(self) -> list[str]:
        options = (*self.options, *_archive(), java.logging(self._logging))
        main = "org.apache.kafka.connect.cli.ConnectDistributed"
        jars = (installed(), iam_login())
        return java.command(jars, main, str(self._properties), heap_mib=HEAP_MIB, options=options)

    def _ready(self) -> bool:
        """It answers once it has joined its group and read its topics."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/connectors", timeout=2) as answer:
                return bool(answer.status == HTTPStatus.OK)
        except OSError:
            return False

    def _is_engine(self, process: psutil.Process) -> bool:
        return str(process.name()) == "java"


def _archive() -> tuple[str, str]:
    """Options by which the first worker that ends politely keeps what classes it loaded, its plug-ins' as well.

    Later ones read them from there, and Java itself checks that they are those of the jars.
    """
    kept = artifacts.folder() / f"connect-{VERSION}-classes"
    kept.mkdir(parents=True, exist_ok=True)
    privileges.give(kept)
    return "-XX:+AutoCreateSharedArchive", f"-XX:SharedArchiveFile={kept / 'connect.jsa'}"


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")[:2000]

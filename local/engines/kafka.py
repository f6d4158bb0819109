"""Apache Kafka 4.3 as one KRaft node: broker and controller in one process, every listener behind a password.

Example:
    broker = Broker(tmp_path / "kafka", parameters={"auto.create.topics.enable": "false"})
    broker.start()
    AdminClient(broker.client())
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import shutil
import signal
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from local import ports
from local.engines import artifacts, java, privileges, server

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psutil

VERSION = "4.3.1"
LOCK_FILE = Path(__file__).with_name("jars") / "kafka" / "jgo.lock.toml"
HEAP_MIB = 256
_TRIAL_SECONDS = 120
_STARTED = b"Kafka Server started"
_BOOTSTRAP = "bootstrap.checkpoint"
_USER = "engine"
# One node copies nothing: what the internal topics want of other brokers is what one can give.
_ONE_NODE = {
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
}
_SMALL = {
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    "auto.create.topics.enable": "false",
    "log.cleaner.dedupe.buffer.size": str(8 << 20),
    # After a crash the controller, which is new as well, waits this long for the broker that it remembers.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "1000",
    # Records of the controller that say nothing, two a second otherwise: a third of what an idle broker costs.
    "metadata.max.idle.interval.ms": "5000",
}
_LOGGING = """log4j.rootLogger=INFO, stdout
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.stdout.layout=org.apache.log4j.PatternLayout
log4j.appender.stdout.layout.ConversionPattern=[%d{ISO8601}] %p %m (%c)%n
log4j.logger.org.apache.kafka.clients=WARN
log4j.logger.org.apache.kafka.common.config=WARN
"""


def archive() -> Path:
    """Kafka's classes as Java reads them in half the time."""
    return _trial() / "kafka.jsa"


def _trial() -> Path:
    """What a trial run left, made once: the archive of the classes, and what a new broker's data begin with."""

    def fill(into: Path) -> None:
        privileges.give(into)
        trial = _Trial(into / "trial", archive=into / "kafka.jsa")
        trial.start(seconds=_TRIAL_SECONDS)
        trial.stop(seconds=_TRIAL_SECONDS)
        shutil.copy(trial.data / _BOOTSTRAP, into)
        shutil.rmtree(trial.folder)

    installed()
    digest = hashlib.sha256(LOCK_FILE.read_bytes()).hexdigest()
    return artifacts.once(f"kafka-{VERSION}-trial", digest, fill)


def installed() -> Path:
    """The folder of Kafka's jars; fetched on the first call, with the Java runtime.

    Raises:
        local.engines.artifacts.EngineUnavailable: It cannot be had on this machine.
    """
    java.installed()
    return artifacts.collect(LOCK_FILE, f"kafka-{VERSION}")


class Broker(server.Engine):
    """One Kafka node; only who knows its password gets in, at any of its listeners.

    Args:
        folder: everything that it keeps; made on the first start.
        parameters: as in server.properties; those that need a second broker are set to what one node can give.
        doors: the port at which each further listener is reached from outside, by name; a client that comes
            through a listener is told to come back at that port of localhost.
        environment: variables beside the process's own few.
    """

    stop_signals: ClassVar[tuple[int, ...]] = (signal.SIGTERM,)
    ends_with_us: ClassVar[int] = signal.SIGTERM

    def __init__(
        self,
        folder: Path,
        *,
        parameters: Mapping[str, str] | None = None,
        doors: Mapping[str, int] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(folder, parameters=parameters, environment=environment)
        self.doors = dict(doors or {})
        self.password = secrets.token_urlsafe(24)
        self._ports: dict[str, int] = {}
        self._told = 0

    @property
    def port(self) -> int:
        """The port of the listener for the owner of the broker; 0 before the first start."""
        return self._ports.get("ENGINE", 0)

    @property
    def user(self) -> str:
        """Who logs in with `password`."""
        return _USER

    def port_behind(self, door: str) -> int:
        """The port on which the broker itself listens for what comes through a door."""
        return self._ports[door]

    def client(self) -> dict[str, str | int | float | bool]:
        """The settings of a client (librdkafka's names) of the owner's listener."""
        return {
            "bootstrap.servers": f"127.0.0.1:{self.port}",
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanisms": "PLAIN",
            "sasl.username": _USER,
            "sasl.password": self.password,
            "log_level": "2",  # what a client meets while the broker restarts is no news
        }

    def _is_made(self) -> bool:
        return (self.folder / "made").exists()

    def _make(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)  # what an interrupted format left
        self.data.mkdir(mode=0o700)
        self._format()
        privileges.give(self.data)
        (self.folder / "made").touch()

    def _format(self) -> None:
        """As `kafka-storage format` does, without a second of Java: only the ids differ from broker to broker."""
        shutil.copyfile(_trial() / _BOOTSTRAP, self.data / _BOOTSTRAP)
        ids = {"cluster.id": _random_id(), "directory.id": _random_id(), "node.id": "1", "version": "1"}
        (self.data / "meta.properties").write_text("".join(f"{key}={value}\n" for key, value in ids.items()))

    @property
    def _properties(self) -> Path:
        return self.folder / "server.properties"

    @property
    def _logging(self) -> Path:
        return self.folder / "log4j.properties"

    def _java(self, main: str, *arguments: str, heap_mib: int, options: tuple[str, ...] = ()) -> list[str]:
        options = (*options, java.logging(self._logging))
        return java.command((installed(),), main, *arguments, heap_mib=heap_mib, options=options)

    def _archive_option(self) -> str:
        return f"-XX:SharedArchiveFile={archive()}"

    def _configure(self) -> None:
        for name in ("CONTROLLER", "ENGINE", *self.doors):
            self._ports[name] = ports.choose(self._ports.get(name), pair=False)
        self._logging.write_text(_LOGGING)
        self._properties.touch(mode=0o600)
        lines = [f"{name}={java.escaped(value)}" for name, value in self._settings().items()]
        self._properties.write_text("\n".join(lines) + "\n")
        privileges.give(self.folder)

    def _settings(self) -> dict[str, str]:
        listeners = {name: port for name, port in self._ports.items() if name != "CONTROLLER"}
        advertised = {name: self.doors.get(name, port) for name, port in listeners.items()}
        login = (
            "org.apache.kafka.common.security.plain.PlainLoginModule required "
            f'username="{_USER}" password="{self.password}" user_{_USER}="{self.password}";'
        )
        return {
            **_SMALL,
            **self.parameters,
            **_ONE_NODE,
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{self._ports['CONTROLLER']}",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "ENGINE",
            "log.dirs": str(self.data),
            "listeners": ",".join(f"{name}://127.0.0.1:{port}" for name, port in self._ports.items()),
            "advertised.listeners": ",".join(f"{n}://localhost:{port}" for n, port in advertised.items()),
            "listener.security.protocol.map": ",".join(f"{name}:SASL_PLAINTEXT" for name in self._ports),
            "sasl.enabled.mechanisms": "PLAIN",
            "sasl.mechanism.inter.broker.protocol": "PLAIN",
            "sasl.mechanism.controller.protocol": "PLAIN",
            **{f"listener.name.{name.lower()}.plain.sasl.jaas.config": login for name in self._ports},
        }

    def _command_line(self) -> list[str]:
        self._told = self.log.stat().st_size if self.log.exists() else 0
        options = (self._archive_option(),)
        return self._java("kafka.Kafka", str(self._properties), heap_mib=HEAP_MIB, options=options)

    def _ready(self) -> bool:
        with self.log.open("rb") as said:
            said.seek(self._told)
            return _STARTED in said.read()

    def _is_engine(self, process: psutil.Process) -> bool:
        return str(process.name()) == "java"


class _Trial(Broker):
    """A broker that Kafka's own tool has formatted, and that writes down at its end which classes it loaded."""

    def __init__(self, folder: Path, *, archive: Path) -> None:
        super().__init__(folder)
        self._archive = archive

    def _archive_option(self) -> str:
        return f"-XX:ArchiveClassesAtExit={self._archive}"

    def _format(self) -> None:
        privileges.give(self.data)
        self._configure()
        tool = ("kafka.tools.StorageTool", "format", "-t", _random_id(), "-c", str(self._properties))
        self._run(self._java(*tool, heap_mib=64))


def _random_id() -> str:
    """An id as Kafka makes them: 16 bytes in base64; the tool takes none that looks like an option."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "_")

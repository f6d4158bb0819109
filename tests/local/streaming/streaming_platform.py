"""The deployed platform whose shop streams, as its operator and its owner see it; and how each of its engines dies."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from data_platform.contracts.odcs import load_domains
from operations.connection import connect
from operations.laptop import both_sides, streaming
from operations.laptop.dialects import DIALECTS
from operations.laptop.shop_database import shop_database
from operations.scope import naming
from operations.streams.loading import loading
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sources import Source

    from operations.laptop.both_sides import Difference
    from operations.laptop.dialects.dialect import Dialect, Session
    from operations.laptop.shop_database import ShopDatabase
    from operations.streams.loading import Loading

ROOT = Path(__file__).resolve().parents[3]
SOURCE = "shop"
DATASET = "stock_levels"
_ARRIVES = 2.0  # seconds that a change takes at the least
_RECENT = 2_000  # records of a partition's end: a whole topic of a long run is millions
Record = tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]


class StreamingPlatform:
    """The platform of a folder of the embedded AWS.

    Args:
        state: The folder; what runs there may have been started again by anybody.
        source: The database that it streams from.
        contracts: Folder of the domains that are deployed there.
    """

    def __init__(self, state: Path, source: Source, contracts: Path) -> None:
        self.state, self.source = state.resolve(), source
        self.domain = next(each for each in load_domains(contracts) if each.name == "retail")
        self.dataset = next(each for each in self.domain.datasets if each.name == DATASET)
        self.names = naming("retail", source.environment)

    @property
    def connection(self) -> Any:
        """The environment as its root, wherever it listens now."""
        return dataclasses.replace(connect("local", state=self.state), environment=self.source.environment)

    @property
    def dialect(self) -> Dialect:
        """The SQL of the database."""
        [settings] = self.source.environment.databases
        return DIALECTS[settings.engine]

    @property
    def table(self) -> str:
        """The table of the dataset in the database."""
        return str(self.dataset.source.table)

    @property
    def topic(self) -> str:
        return str(self.dataset.stream.topic)

    @property
    def dead_letters(self) -> str:
        return str(self.dataset.stream.dead_letters)

    # --- both sides ------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def database(self) -> Iterator[ShopDatabase]:
        """The shop's database over a tunnel."""
        with shop_database(self.connection, SOURCE, on_progress=lambda _: None) as (database, _):
            yield database

    def retype(self, session: Session, column: str, kind: str) -> None:
        """Give a column of the table another type, as the shop's developers do."""
        null = "NOT NULL" if self.dataset.column(column).required else "NULL"
        session.execute(self.source.retyped.format(table=self.table, column=column, kind=kind, null=null))

    def differences(self, database: ShopDatabase) -> list[Difference]:
        """Rows that are not the same in the source and in staged."""
        lake = both_sides.in_lake(self.connection, self.names, self.dataset)
        return both_sides.differences(both_sides.in_source(database, self.dataset), lake)

    def settles(self, *, seconds: float = 300) -> list[Difference]:
        """The differences once there are none; what is left after so many seconds.

        A comparison costs more than a look at how far the loader is: it is made when all is loaded and merged that is
        in the topic, and again when more was loaded since.
        """
        deadline = time.monotonic() + seconds
        time.sleep(_ARRIVES)
        consumer = Consumer({**self.kafka(), "group.id": "tests"})
        with self.database() as database, contextlib.closing(consumer):
            while True:
                while self._lags(consumer) and time.monotonic() < deadline:
                    time.sleep(1)
                told = self.loading()
                found = self.differences(database)
                if not found or time.monotonic() > deadline:
                    return found
                while self.loading() == told and time.monotonic() < deadline:
                    time.sleep(1)

    def _lags(self, consumer: Consumer) -> bool:
        """Whether the loader has records to load, or files to merge."""
        told, partitions = (
            self.loading(),
            consumer.list_topics(self.topic, timeout=60).topics[self.topic].partitions,
        )
        ends = {
            each: consumer.get_watermark_offsets(TopicPartition(self.topic, each), timeout=60)[1]
            for each in partitions
        }
        return bool(told.unmerged) or any(end > told.next_offset.get(each, 0) for each, end in ends.items())

    def loading(self) -> Loading:
        """How far the topic is loaded."""
        dynamodb = self.connection.client("dynamodb")
        return loading(dynamodb, table=self.names.run_ledger, topic=self.topic)

    def measured(self, name: str) -> float:
        """The sum of a metric of the loader, of the last hours."""
        now = dt.datetime.now(dt.UTC)
        told = self.connection.client("cloudwatch").get_metric_statistics(
            Namespace="DataPlatform",
            MetricName=name,
            Dimensions=[{"Name": "dataset", "Value": f"retail.{DATASET}"}],
            StartTime=now - dt.timedelta(hours=12),
            EndTime=now + dt.timedelta(hours=1),
            Period=3600,
            Statistics=["Sum"],
        )
        return sum(each["Sum"] for each in told["Datapoints"])

    def captures(self, **given: bool) -> None:
        """Run the machine that keeps the connector."""
        streaming.run_machine(self.connection, self.names, SOURCE, **given)

    # --- the topics, at the listener of the brokers' owner -----------------------------------------------------------------

    def kafka(self) -> dict[str, Any]:
        """The settings of a client inside of the broker's own machine: it asks no IAM."""
        [file] = self.state.glob("msk/*/server.properties")
        text = file.read_text()
        port = re.search(r"^listeners=.*ENGINE://127\.0\.0\.1:(\d+)", text, re.MULTILINE)
        password = re.search(r'password="([^"]+)"', text)
        assert port
        assert password
        return {
            "bootstrap.servers": f"127.0.0.1:{port[1]}",
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanisms": "PLAIN",
            "sasl.username": "engine",
            "sasl.password": password[1],
            "log_level": 2,
        }

    def send(self, records: list[Record], *, partition: int = 0) -> list[tuple[int, int]]:
        """Write records into a partition of the topic, whatever they are; where each came to lie."""
        places: list[tuple[int, int]] = []
        failed: list[Any] = []

        def told(error: Any, message: Any) -> None:
            if error:
                failed.append(error)
            else:
                places.append((message.partition(), message.offset()))

        producer = Producer({**self.kafka(), "enable.idempotence": True, "message.max.bytes": 8 << 20})
        for key, value, headers in records:
            producer.produce(self.topic, value, key, partition, headers=headers, on_delivery=told)
        assert producer.flush(60) == 0
        assert failed == []
        return places

    def read(self, topic: str, *, last: int | None = None) -> list[Any]:
        """The records of a topic: all, or so many of each partition's end."""
        consumer = Consumer({**self.kafka(), "group.id": "tests", "enable.auto.commit": False})
        found: list[Any] = []
        try:
            told = consumer.list_topics(topic, timeout=60).topics[topic]
            for partition in told.partitions:
                first, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=60)
                at = first if last is None else max(first, end - last)
                consumer.assign([TopicPartition(topic, partition, at)])
                while at < end:
                    for message in consumer.consume(min(500, end - at), timeout=5):
                        if message.error():
                            raise KafkaException(message.error())
                        found.append(message)
                        at = message.offset() + 1
        finally:
            consumer.close()
        return found

    def read_again(self) -> None:
        """Have the loader's group read the whole topic once more, as somebody does who sets its offsets back."""
        self.reads(DATASET, on=False)
        group = {"group.id": f"{self.topic}.loader", "enable.auto.commit": False}
        consumer = Consumer({**self.kafka(), **group})
        told = consumer.list_topics(self.topic, timeout=60).topics[self.topic]
        consumer.commit(
            offsets=[TopicPartition(self.topic, each, 0) for each in told.partitions], asynchronous=False
        )
        consumer.close()
        self.reads(DATASET, on=True)

    def reads(self, dataset: str, *, on: bool) -> None:
        """Let the loader of a dataset read its topic, or rest."""
        client = self.connection.client("lambda")
        [topic] = [each.stream.topic for each in self.domain.datasets if each.name == dataset]
        [mapping] = [
            each["UUID"]
            for each in client.list_event_source_mappings()["EventSourceMappings"]
            if each["Topics"] == [topic]
        ]
        client.update_event_source_mapping(UUID=mapping, Enabled=on)
        state = "Enabled" if on else "Disabled"
        until(lambda: client.get_event_source_mapping(UUID=mapping)["State"] == state, every=0.5)

    def captured(self, record: Any) -> bool:
        """Whether a record tells its place in the log of the database."""
        return {name for name, _ in self.source.place} <= {name for name, _ in record.headers() or []}

    def schema_version(self) -> tuple[str, dict[str, Any]]:
        """The version that the source's rows are written by now: its id and its schema.

        It is that of the topic's last good record: the newest of the subject may be one that was refused and undone.
        """
        rows = [
            one
            for one in self.read(self.topic, last=_RECENT)
            if one.value() and self.captured(one) and b"XXX" not in (one.key() or b"XXX")
        ]
        newest = max(rows, key=lambda one: one.timestamp()[1])
        version = str(uuid.UUID(bytes=newest.value()[2:18]))
        told = self.connection.client("glue").get_schema_version(SchemaVersionId=version)
        return version, json.loads(told["SchemaDefinition"])

    # --- what dies ---------------------------------------------------------------------------------------------------------

    def kill(self, what: str) -> bool:
        """`kill -9` of an engine: broker, worker (of Connect), loader, database or aws; whether there was one."""
        if what == "aws":
            self._server().kill()
            subprocess.run(
                [sys.executable, "-m", "local", "start", "--state-dir", str(self.state)], check=True, cwd=ROOT
            )
            return True
        found = [each for each in self._server().children(recursive=True) if self._is(each, what)]
        for process in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                os.kill(process.pid, signal.SIGKILL)
        return bool(found)

    def _server(self) -> psutil.Process:
        return psutil.Process(json.loads((self.state / "endpoint.json").read_text())["pid"])

    def dp(self, *arguments: str) -> subprocess.Popen[str]:
        """The operator's command in a shell inside of the network, where brokers can be reached."""
        name, _, groups = streaming.shell(self.connection).partition("=")
        return subprocess.Popen(
            [sys.executable, "-c", "from operations.cli import main; main()", *arguments],
            cwd=ROOT,
            env={
                **os.environ,
                "DP_LOCAL_STATE": str(self.state),
                name: groups,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _is(self, process: psutil.Process, what: str) -> bool:
        marks = {
            "broker": ("java", "/msk/"),
            "worker": ("java", "/kafkaconnect/"),
            "loader": ("_worker.py", f"load-{DATASET}"),
            "database": (self.source.process, "/rds/"),
        }
        with contextlib.suppress(psutil.Error):
            line = " ".join(process.cmdline())
            return all(mark in line for mark in marks[what])
        return False

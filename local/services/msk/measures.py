"""What a cluster reports to CloudWatch each minute (AWS/Kafka), measured at the real broker.

Source: https://docs.aws.amazon.com/msk/latest/developerguide/metrics-details.html and metrics-details-express.html.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

import psutil

from local.services import cloudwatch
from local.services.msk import lags

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from local.services.msk.brokers import Running

logger = logging.getLogger("local.msk")

_NAMESPACE, _CLUSTER = "AWS/Kafka", "Cluster Name"
_MINUTE = 60.0
_SECONDS = 20
_GIB = 1024**3
_PERCENT = 100.0
_INTERNAL = "__"


class Measures:
    """Reports for one cluster; it remembers the minute before, of which rates are made.

    Args:
        name: of the cluster.
        brokers: how many it has; the one broker reports for each of them.
        volume_gib: size of each broker's volume; 0 for brokers without one.
    """

    def __init__(self, *, name: str, brokers: int, volume_gib: int) -> None:
        self._name = name
        self._brokers = brokers
        self._volume = volume_gib * _GIB
        self._bytes: dict[str, int] = {}
        self._at = 0.0
        self._process: psutil.Process | None = None

    def report(self, client: Mapping[str, Any], *, pid: int | None, data: Path) -> None:
        """Measure and report; in the account and region of the cluster.

        Args:
            client: settings of the broker's owner.
            pid: the broker's process.
            data: where its logs lie.
        """
        self._report_controller(client)
        self._report_bytes(data)
        self._report_processor(pid)
        for lag in lags.of(client):
            of = {"Consumer Group": lag.group, "Topic": lag.topic}
            self._record("SumOffsetLag", lag.sum_offsets, "Count", of)
            self._record("MaxOffsetLag", lag.max_offsets, "Count", of)
            self._record("EstimatedMaxTimeLag", lag.seconds, "Seconds", of)

    def _report_controller(self, client: Mapping[str, Any]) -> None:
        from confluent_kafka.admin import AdminClient

        found = AdminClient(dict(client)).list_topics(timeout=_SECONDS)
        parts = [part for topic in found.topics.values() for part in topic.partitions.values()]
        behind = sum(len(part.isrs) < len(part.replicas) for part in parts)
        self._record("ActiveControllerCount", int(found.controller_id >= 0), "Count")
        self._record("GlobalTopicCount", len(found.topics), "Count")
        self._record("GlobalPartitionCount", len(parts), "Count")
        self._record("OfflinePartitionsCount", sum(part.leader < 0 for part in parts), "Count")
        self._of_each_broker("UnderReplicatedPartitions", behind, "Count")

    def _report_bytes(self, data: Path) -> None:
        sizes, now = sizes_of_topics(data), time.monotonic()
        if self._at:
            for topic, size in sizes.items():
                grown = max(size - self._bytes.get(topic, 0), 0)
                self._record("BytesInPerSec", grown / (now - self._at), "Bytes/Second", {"Topic": topic})
        self._bytes, self._at = sizes, now
        used = sum(sizes.values())
        self._record("StorageUsed", used, "Bytes")
        if self._volume:
            self._of_each_broker("KafkaDataLogsDiskUsed", _PERCENT * used / self._volume, "Percent")

    def _report_processor(self, pid: int | None) -> None:
        try:
            if pid is None or self._process is None or self._process.pid != pid:
                self._process = psutil.Process(pid) if pid else None
                if self._process is not None:
                    self._process.cpu_percent()  # the first call begins the measurement
                return
            busy = self._process.cpu_percent() / (psutil.cpu_count() or 1)
        except psutil.Error:
            self._process = None
            return
        self._of_each_broker("CpuIdle", max(_PERCENT - busy, 0.0), "Percent")

    def _of_each_broker(self, metric: str, value: float, unit: str) -> None:
        for number in range(1, self._brokers + 1):
            self._record(metric, value, unit, {"Broker ID": str(number)})

    def _record(self, metric: str, value: float, unit: str, of: dict[str, str] | None = None) -> None:
        dimensions = {_CLUSTER: self._name, **(of or {})}
        cloudwatch.record(_NAMESPACE, metric, value, unit=unit, dimensions=dimensions)


def sizes_of_topics(data: Path) -> dict[str, int]:
    """The bytes of each topic's logs below a broker's data folder, without Kafka's own topics."""
    found: dict[str, int] = {}
    for log in data.glob("*-*/*.log"):
        topic = log.parent.name.rpartition("-")[0]
        if not topic.startswith(_INTERNAL):
            found[topic] = found.get(topic, 0) + _size(log)
    return found


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:  # retention took it away
        return 0


def watch() -> None:
    """Report for every running cluster each minute, on a thread of its own."""
    threading.Thread(target=_watch, daemon=True, name="msk-measures").start()


def _watch() -> None:
    from local.services.msk import brokers

    known: dict[str, Measures] = {}
    while True:
        began = time.monotonic()
        for running in brokers.all_running():
            arn = running.record["ClusterArn"]
            try:
                _report(known.setdefault(arn, _measures(running.record)), running)
            except Exception as error:
                logger.info("%s reports nothing this minute: %s", running.record["ClusterName"], error)
        time.sleep(max(_MINUTE - (time.monotonic() - began), 1.0))


def _measures(record: dict[str, Any]) -> Measures:
    given = record.get("Provisioned") or {}
    storage = (given.get("BrokerNodeGroupInfo") or {}).get("StorageInfo") or {}
    volume = (storage.get("EbsStorageInfo") or {}).get("VolumeSize") or 0
    count = int(given.get("NumberOfBrokerNodes") or 0)
    return Measures(name=record["ClusterName"], brokers=count, volume_gib=int(volume))


def _report(measures: Measures, running: Running) -> None:
    from ministack.core.responses import request_scope

    if running.record["State"] != "ACTIVE":
        return
    with request_scope(running.account, running.region):
        measures.report(running.broker.client(), pid=running.broker.pid, data=running.broker.data)

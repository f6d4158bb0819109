"""A cluster reports what its broker really does: how far groups are behind, what came in, how busy it is."""

from __future__ import annotations

import time
import uuid

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from local.engines import kafka
from local.services import cloudwatch
from local.services.msk import lags, measures

SECONDS = 60


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    running = kafka.Broker(tmp_path_factory.mktemp("measured") / "kafka")
    running.start(seconds=120)
    yield running
    running.stop(seconds=10)


@pytest.fixture
def topic(broker):
    name = f"topic-{uuid.uuid4().hex[:6]}"
    admin = AdminClient(broker.client())
    for future in admin.create_topics([NewTopic(name, 2, 1)]).values():
        future.result(SECONDS)
    return name


def _produce(broker, topic, *values, partition=0, written=None):
    producer = Producer(broker.client())
    for value in values:
        producer.produce(topic, value, partition=partition, timestamp=int((written or time.time()) * 1000))
    assert producer.flush(SECONDS) == 0


def _read_until(broker, group, topic, **offsets):
    consumer = Consumer({**broker.client(), "group.id": group})
    given = [TopicPartition(topic, int(name.removeprefix("p")), offset) for name, offset in offsets.items()]
    consumer.commit(offsets=given, asynchronous=False)
    consumer.close()


def _lag(broker, group):
    return next(one for one in lags.of(broker.client()) if one.group == group)


def test_a_groups_lag_is_what_waits_and_the_age_of_the_oldest_record_of_it(broker, topic):
    _produce(broker, topic, *[b"read"] * 3, written=time.time() - 5000)
    _produce(broker, topic, *[b"waits"] * 4, written=time.time() - 90)
    _produce(broker, topic, b"waits", partition=1)
    _read_until(broker, f"{topic}.loader", topic, p0=3, p1=0)
    lag = _lag(broker, f"{topic}.loader")
    assert (lag.topic, lag.sum_offsets, lag.max_offsets) == (topic, 5, 4)
    assert 90 <= lag.seconds < 90 + SECONDS


def test_a_group_that_has_read_all_is_not_behind(broker, topic):
    _produce(broker, topic, b"read", written=time.time() - 5000)
    _read_until(broker, f"{topic}.done", topic, p0=1, p1=0)
    lag = _lag(broker, f"{topic}.done")
    assert (lag.sum_offsets, lag.max_offsets, lag.seconds) == (0, 0, 0.0)


def test_each_report_holds_what_alarms_and_dashboards_look_at(broker, topic, monkeypatch):
    reported = {}

    def record(_, metric, value, *, dimensions, **__):
        reported[metric, *sorted(dimensions.items())] = value

    monkeypatch.setattr(cloudwatch, "record", record)
    of = measures.Measures(name="shop", brokers=2, volume_gib=1)
    given = {"pid": broker.pid, "data": broker.data}
    of.report(broker.client(), **given)
    _produce(broker, topic, bytes(500_000))
    _read_until(broker, f"{topic}.loader", topic, p0=0, p1=0)
    of.report(broker.client(), **given)
    name = ("Cluster Name", "shop")
    group = (name, ("Consumer Group", f"{topic}.loader"), ("Topic", topic))
    assert reported["SumOffsetLag", *group] == reported["MaxOffsetLag", *group] == 1
    assert 0 <= reported["EstimatedMaxTimeLag", *group] < SECONDS
    assert reported["BytesInPerSec", name, ("Topic", topic)] > 500_000 / SECONDS
    assert reported["ActiveControllerCount", name] == 1
    assert reported["OfflinePartitionsCount", name] == 0
    assert reported["StorageUsed", name] > 500_000
    for number in "12":
        broker_id = ("Broker ID", number)
        assert 0 <= reported["CpuIdle", broker_id, name] <= 100
        assert 0 < reported["KafkaDataLogsDiskUsed", broker_id, name] < 5
        assert reported["UnderReplicatedPartitions", broker_id, name] == 0


def test_a_broker_that_does_not_answer_reports_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(measures, "_SECONDS", 1)
    silent = kafka.Broker(tmp_path / "kafka")
    with pytest.raises(Exception, match="transport"):
        measures.Measures(name="shop", brokers=1, volume_gib=0).report(
            {**silent.client(), "bootstrap.servers": "127.0.0.1:1"}, pid=None, data=tmp_path
        )

"""A broker is a real Kafka: without root, behind a password, safe against a crash."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from local.engines import artifacts, java, kafka, privileges, unprivileged
from local.engines.server import EngineError
from tests.waiting import until

_SECONDS = 240


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    made = kafka.Broker(
        tmp_path_factory.mktemp("kafka") / "one",
        parameters={"num.partitions": "3", "message.max.bytes": "4096"},
    )
    made.start(seconds=120)
    yield made
    made.stop()
    assert not made.running


def _admin(broker):
    return AdminClient(broker.client())


def _topic(broker, name, **config):
    admin = _admin(broker)  # a client that is let go forgets what it was asked
    [made] = admin.create_topics([NewTopic(name, num_partitions=1, config=config)]).values()
    made.result(_SECONDS)


def _produce(broker, topic, *values):
    producer, refused = Producer(broker.client()), []
    for value in values:
        producer.produce(topic, value, on_delivery=lambda error, _: error and refused.append(error))
    assert producer.flush(_SECONDS) == 0
    return refused


def _read(broker, topic, count):
    consumer = Consumer({**broker.client(), "group.id": os.urandom(4).hex(), "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    found = []
    until(lambda: found.extend(consumer.consume(count, timeout=0.2)) or len(found) >= count)
    consumer.close()
    return [message.value() for message in found]


def test_what_is_produced_is_read_back(broker):
    _topic(broker, "kept")
    assert _produce(broker, "kept", b"one", b"two") == []
    assert _read(broker, "kept", 2) == [b"one", b"two"]


def test_its_parameters_are_those_of_the_running_broker(broker):
    resource, admin = ConfigResource(ResourceType.BROKER, "1"), _admin(broker)
    [found] = admin.describe_configs([resource]).values()
    assert found.result(_SECONDS)["num.partitions"].value == "3"


def test_a_message_that_is_too_large_for_its_parameters_is_refused(broker):
    _topic(broker, "small")
    [refused] = _produce(broker, "small", os.urandom(10_000))
    assert refused.name() == "MSG_SIZE_TOO_LARGE"


def test_a_topic_that_nobody_made_is_not_made_by_a_producer(broker):
    producer, refused = Producer({**broker.client(), "message.timeout.ms": "1500"}), []
    producer.produce("nobody-made-me", b"x", on_delivery=lambda error, _: error and refused.append(error))
    producer.flush(_SECONDS)
    assert len(refused) == 1
    admin = _admin(broker)
    assert "nobody-made-me" not in admin.list_topics(timeout=_SECONDS).topics


def test_who_does_not_know_its_password_gets_nowhere(broker):
    stranger = AdminClient({**broker.client(), "sasl.password": "guess"})
    with pytest.raises(KafkaException):
        stranger.list_topics(timeout=3)


def _ids(broker):
    lines = (broker.data / "meta.properties").read_text().splitlines()
    kept = dict(line.split("=") for line in lines if "=" in line)
    return kept["cluster.id"], kept["directory.id"]


def test_each_broker_has_ids_of_its_own_and_kafka_goes_by_them(broker, tmp_path):
    other, admin = kafka.Broker(tmp_path / "other"), _admin(broker)
    other.folder.mkdir()
    other._make()
    assert not {*_ids(broker)} & {*_ids(other)}
    assert admin.list_topics(timeout=_SECONDS).cluster_id == _ids(broker)[0]


def test_its_heap_is_bounded(broker):
    assert f"-Xmx{kafka.HEAP_MIB}m" in psutil.Process(broker.pid).cmdline()


def test_it_never_runs_as_root(broker):
    if privileges.way() == unprivileged.NAMESPACE:
        [inner] = Path(f"/proc/{broker.pid}/uid_map").read_text().splitlines()
        assert int(inner.split()[0]) == unprivileged.account()[0]
    else:
        assert psutil.Process(broker.pid).uids().real != 0


def test_after_a_power_cut_every_acknowledged_record_is_there(broker):
    _topic(broker, "orders", **{"max.message.bytes": "1048576"})
    assert _produce(broker, "orders", *(str(number).encode() for number in range(500))) == []
    os.kill(broker.pid, signal.SIGKILL)
    until(lambda: not broker.running)
    broker.start(seconds=120)
    assert _read(broker, "orders", 500) == [str(number).encode() for number in range(500)]


def test_a_parameter_that_kafka_does_not_take_is_told_in_its_words(tmp_path):
    broker = kafka.Broker(tmp_path / "wrong", parameters={"num.io.threads": "many"})
    with pytest.raises(EngineError, match=r"num\.io\.threads"):
        broker.start(seconds=120)


def test_the_second_fetch_only_looks(monkeypatch):
    first = kafka.installed()
    monkeypatch.setattr(artifacts, "_fetched", lambda _: pytest.fail("it fetched again"))
    assert kafka.installed() == first
    assert kafka.archive().exists()
    assert (java.installed() / "bin" / "java").exists()


def test_a_jar_that_is_not_the_locked_one_is_never_put_on_the_class_path(monkeypatch, tmp_path):
    monkeypatch.setenv("LOCAL_ENGINES_DIR", str(tmp_path))
    jar = tmp_path / "other.jar"
    monkeypatch.setattr(artifacts, "_digest", lambda _: "0" * 64)
    monkeypatch.setattr("jgo.maven._core.Artifact.resolve", lambda _: (jar.write_bytes(b"other"), jar)[1])
    with pytest.raises(artifacts.EngineUnavailable, match="Nothing was unpacked"):
        artifacts.collect(kafka.LOCK_FILE, "kafka-test")
    assert not (tmp_path / "kafka-test").exists()

"""What a producer says is sent is in the topic, the loader reads it, and sending again makes no second row."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

import pytest
from event_producer import EventProducer, Misfit, NotAcknowledged, Subjects, UnusableSubject

from tests.conftest import ROOT
from tests.unit.examples.event_producer.conftest import SECONDS, request


@pytest.mark.parametrize("compressed", [False, True])
def test_the_loader_reads_what_was_sent_value_by_value(stream, compressed):
    rows = [request(number, method=method) for number, method in enumerate(["GET", "POST", "DELETE"])]
    rows.append(request(3, postcode=None, user_agent="Mozilla/5.0 \N{SNOWMAN}", bytes_sent=0))
    with stream.producer(compressed=compressed) as producer:
        receipts = [producer.send(row) for row in rows]

    assert all(receipt.acknowledged for receipt in receipts)
    judged = stream.loaded(stream.records(len(rows)))
    names = list(rows[0])
    found = judged.rows.select(names).to_pylist()
    expected = [row | {"requested_at": row["requested_at"].replace(tzinfo=None)} for row in rows]
    assert judged.poisons == {}
    assert sorted(found, key=lambda row: row["request_id"]) == sorted(
        expected, key=lambda row: row["request_id"]
    )


def test_records_of_one_key_follow_each_other_in_one_partition(avro):
    with avro.producer() as producer:
        receipts = [producer.send(request(1, status=200 + again)) for again in range(5)]

    assert len({receipt.partition for receipt in receipts}) == 1
    offsets = [receipt.offset for receipt in receipts]
    assert offsets == sorted(offsets)


BAD = {
    "a column that is missing": ({"status": None}, "status", "is missing"),
    "a column that is none": ({"statu": 1}, "statu", "the schema has no such column"),
    "text for a number": ({"status": "200"}, "status", "'200'"),
    "a number that is too large": ({"status": 2**31}, "status", str(2**31)),
    "a value that is none of the list": ({"method": "get"}, "method", "GET"),
    "a truth for a number": ({"duration_ms": True}, "duration_ms", "True"),
}


@pytest.mark.parametrize("what", list(BAD))
def test_a_row_that_does_not_fit_is_refused_by_column_and_nothing_of_it_is_sent(stream, what):
    changes, column, reason = BAD[what]
    with stream.producer() as producer:
        with pytest.raises(Misfit) as refused:
            producer.send(request(1) | changes)
        producer.send(request(2))

    assert refused.value.column == column
    assert reason in refused.value.reason
    assert len(stream.records(1)) == 1


def test_a_record_that_the_loader_would_not_take_is_not_sent(avro):
    with avro.producer() as producer, pytest.raises(Misfit, match="a stream takes 1048576: send a reference"):
        producer.send(request(1, user_agent="x" * (1 << 20)))


def test_the_schemas_of_a_topic_are_asked_for_once(avro):
    asked = []

    class Glue:
        exceptions = avro.glue.exceptions

        def get_schema_version(self, **call):
            asked.append(call["SchemaId"]["SchemaName"])
            return avro.glue.get_schema_version(**call)

    subjects = Subjects(Glue(), avro.registry)
    for _ in range(2):
        with EventProducer(avro.topic, subjects, avro.broker.client()) as producer:
            producer.send(request(1))

    assert asked == [avro.topic, f"{avro.topic}.key"]


def test_without_a_schema_nothing_can_be_sent(avro):
    with pytest.raises(UnusableSubject, match=r"has no schema retail\.nothing\.v1; deploy the contract"):
        EventProducer("retail.nothing.v1", Subjects(avro.glue, avro.registry), avro.broker.client())


def test_what_no_broker_takes_is_not_said_to_be_sent(avro):
    nowhere = {"bootstrap.servers": "127.0.0.1:1", "log_level": 0}
    producer = EventProducer(avro.topic, Subjects(avro.glue, avro.registry), nowhere, seconds=2)
    receipt = producer.send(request(1))

    with pytest.raises(NotAcknowledged, match="1 rows are not acknowledged"):
        producer.close()
    assert not receipt.acknowledged


def test_a_broker_that_goes_and_comes_back_has_each_row_once_and_in_order(avro):
    """Last in this file: the broker is started again."""
    producer = avro.producer()
    rows = 3_000
    away = threading.Timer(0.2, lambda: (avro.broker.stop(), avro.broker.start(seconds=120)))
    away.start()
    receipts = []
    for number in range(rows):
        receipts.append(producer.send(request(number)))
        if number % 100 == 0:
            away.join(0.02)
    producer.close()
    away.join(SECONDS)

    found = avro.records(rows)
    assert len(found) == rows
    assert sorted((each.partition(), each.offset()) for each in found) == sorted(
        (receipt.partition, receipt.offset) for receipt in receipts
    )


def test_a_killed_producers_successor_leaves_no_row_out_and_the_key_tells_what_came_twice(avro):
    rows = 2_000
    told = {
        "endpoint": avro.glue.meta.endpoint_url,
        "account": avro.account,
        "topic": avro.topic,
        "registry": avro.registry,
        "connection": avro.broker.client(),
        "rows": rows,
    }
    paths = [ROOT, ROOT / "constructs", ROOT / "lambda", ROOT / "examples"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    command = [sys.executable, "-m", "tests.unit.examples.event_producer.sending", json.dumps(told)]
    sender = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT)
    acknowledged = [sender.stdout.readline().strip() for _ in range(200)]
    assert sender.poll() is None
    sender.kill()
    acknowledged += [line.strip() for line in sender.stdout.read().splitlines() if len(line.strip()) == 32]
    sender.wait(SECONDS)
    before = len(avro.records(len(acknowledged)))
    with avro.producer() as successor:
        for number in range(rows):
            successor.send(request(number))

    judged = avro.loaded(avro.records(before + rows))
    ids = judged.rows.column("request_id").to_pylist()
    assert set(acknowledged) <= set(ids)
    assert len(ids) == before + rows > rows
    assert set(ids) == {request(number)["request_id"] for number in range(rows)}

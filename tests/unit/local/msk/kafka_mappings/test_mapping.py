"""A mapping of MSK delivers a topic to a function: all of it, in order, in the shape that Lambda gives it."""

from __future__ import annotations

import base64
import time

import psutil
import pytest
from botocore.exceptions import ClientError
from confluent_kafka import Producer

from tests.unit.local.msk.kafka_mappings.conftest import SECONDS
from tests.unit.local.rds.conftest import ref
from tests.waiting import until


def test_every_record_arrives_once_in_lambdas_shape(reads):
    reader = reads()
    producer = Producer(reader.shop.settings(reader.shop.aws.session()))
    producer.produce(reader.topic, b"value", b"key", headers=[("__op", b"c"), ("name", "é".encode())])
    producer.produce(reader.topic, None, b"key")
    assert producer.flush(SECONDS) == 0
    reader.read()
    until(lambda: len(reader.records()) == 2, seconds=SECONDS)
    event, (change, deletion) = reader.events()[0], reader.records()
    assert (event["eventSource"], event["eventSourceArn"]) == ("aws:kafka", reader.shop.arn)
    assert event["bootstrapServers"] == reader.shop.bootstrap("SaslIam")
    assert list(event["records"]) == [f"{reader.topic}-0"]
    assert base64.b64decode(change["value"]) == b"value"
    assert change["headers"] == [{"__op": [99]}, {"name": [-61, -87]}]
    assert (change["topic"], change["partition"], change["offset"]) == (reader.topic, 0, 0)
    assert change["timestampType"] == "CREATE_TIME"
    assert abs(change["timestamp"] / 1000 - time.time()) < 90
    assert deletion["key"] == change["key"] == base64.b64encode(b"key").decode()
    assert "value" not in deletion
    reader.says("OK")


def test_a_batch_that_fails_comes_again_before_any_later_record(reads):
    reader = reads()
    (reader.folder / "refuse").touch()
    reader.read(BatchSize=2, MaximumBatchingWindowInSeconds=0)
    reader.produce(b"1", b"2", b"3", b"4")
    until(lambda: len(reader.events("seen")) >= 3, seconds=SECONDS)
    assert reader.mapping()["LastProcessingResult"] == "PROBLEM: Function call failed"
    tried = [seen["event"]["records"][f"{reader.topic}-0"][0]["offset"] for seen in reader.events("seen")]
    assert tried == [0] * len(tried)
    (reader.folder / "refuse").unlink()
    until(lambda: reader.offsets() == [0, 1, 2, 3], seconds=SECONDS)
    assert all(len(event["records"][f"{reader.topic}-0"]) <= 2 for event in reader.events())


def test_a_batch_is_cut_where_an_invocation_would_be_too_large(reads):
    reader = reads()
    reader.read(BatchSize=100, MaximumBatchingWindowInSeconds=1)
    reader.produce(*(bytes(900_000) for _ in range(8)))
    until(lambda: reader.offsets() == list(range(8)), seconds=SECONDS)
    sizes = [len(line) for line in (reader.folder / "taken").read_text().splitlines()]
    assert max(sizes) <= 6 * 1024 * 1024
    assert len(sizes) >= 2


def test_pollers_share_the_partitions_of_a_topic(reads):
    reader = reads(partitions=4)
    reader.read(ProvisionedPollerConfig={"MinimumPollers": 2, "MaximumPollers": 2}, BatchSize=5)
    reader.produce(*(str(number).encode() for number in range(60)))
    until(lambda: len(reader.records()) == 60, seconds=SECONDS)
    for partition in range(4):
        assert reader.offsets(partition) == list(range(len(reader.offsets(partition))))


def test_where_a_mapping_begins_is_as_it_was_asked(reads):
    reader = reads()
    reader.produce(b"old")
    time.sleep(1.1)
    moment = time.time()
    reader.produce(b"new")
    reader.read(StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=int(moment))
    until(lambda: reader.offsets() == [1], seconds=SECONDS)


def test_a_disabled_mapping_reads_nothing_and_goes_on_where_it_was(reads):
    reader = reads()
    reader.read()
    reader.produce(b"1")
    until(lambda: reader.offsets() == [0], seconds=SECONDS)
    reader.client.update_event_source_mapping(UUID=reader.uuid, Enabled=False)
    reader.settles("Disabled")
    reader.produce(b"2")
    time.sleep(2)
    assert reader.offsets() == [0]
    reader.client.update_event_source_mapping(UUID=reader.uuid, Enabled=True, BatchSize=7)
    reader.settles("Enabled")
    until(lambda: reader.offsets() == [0, 1], seconds=SECONDS)
    assert reader.mapping()["BatchSize"] == 7


def test_a_second_mapping_of_the_same_topic_and_function_is_refused(reads):
    reader = reads()
    reader.read()
    with pytest.raises(ClientError, match=f"already exists.*{reader.uuid}"):
        reader.client.create_event_source_mapping(
            EventSourceArn=reader.shop.arn,
            FunctionName=reader.function,
            Topics=[reader.topic],
            StartingPosition="LATEST",
        )


def test_a_template_makes_changes_and_deletes_a_mapping(reads):
    reader = reads()
    properties = {
        "AmazonManagedKafkaEventSourceConfig": {"ConsumerGroupId": f"{reader.topic}.loader"},
        "BatchSize": 5,
        "EventSourceArn": reader.shop.arn,
        "FunctionName": reader.function,
        "ProvisionedPollerConfig": {"MinimumPollers": 1, "MaximumPollers": 2},
        "StartingPosition": "TRIM_HORIZON",
        "Tags": [{"Key": "domain", "Value": "shop"}],
        "Topics": [reader.topic],
    }
    resources = {"Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": properties}}
    stack = reader.shop.aws.deploy(resources, Outputs={"Uuid": {"Value": ref("Mapping")}})
    reader.uuid = reader.shop.aws.resource(stack, "Mapping")
    reader.produce(b"1")
    until(lambda: reader.offsets() == [0], seconds=SECONDS)
    properties["BatchSize"] = 9
    reader.shop.aws.deploy(resources, stack=stack, Outputs={"Uuid": {"Value": ref("Mapping")}})
    found = reader.mapping()
    assert (found["UUID"], found["BatchSize"], found["State"]) == (reader.uuid, 9, "Enabled")
    assert found["AmazonManagedKafkaEventSourceConfig"]["ConsumerGroupId"] == f"{reader.topic}.loader"
    reader.shop.aws.delete(stack)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        reader.mapping()
    reader.uuid = ""


def test_a_mapping_goes_on_when_the_broker_has_crashed(reads):
    reader = reads()
    reader.read()
    reader.produce(b"1")
    until(lambda: reader.offsets() == [0], seconds=SECONDS)
    [broker] = [
        one
        for one in psutil.process_iter(["name", "cmdline"])
        if one.info["name"] == "java" and str(reader.shop.folder) in " ".join(one.info["cmdline"] or [])
    ]
    broker.kill()
    until(lambda: reader.shop.record["State"] == "HEALING", seconds=SECONDS)
    reader.shop.active()
    reader.produce(b"2")
    until(lambda: reader.offsets() == [0, 1], seconds=SECONDS)

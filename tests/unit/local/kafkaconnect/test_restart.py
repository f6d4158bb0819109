"""What streams outlives the embedded AWS: one server with all of it, which is stopped, started, killed and started."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import psutil
import pytest

from local import process
from tests.unit.local.conftest import Aws
from tests.unit.local.kafkaconnect.conftest import deployed, foundation_of
from tests.unit.local.msk.kafka_mappings.conftest import reader
from tests.waiting import until

_ORDER = {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}]}


@dataclass
class Ending:
    """What was seen before the server's end, between its end and its start, and after that."""

    before: dict[str, Any]
    engines_before: int
    engines_between: int
    after: dict[str, Any]
    engines_after: int
    offsets: list[int]
    mapping: dict[str, Any]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept")
    yield folder
    process.stop(folder)


@pytest.fixture(scope="module")
def reads(folder, plugin):
    """A cluster with a topic of two records, and a function that has read two of another topic."""
    shop = foundation_of(_started(folder), plugin)
    shop.kafka.create_topic(ClusterArn=shop.arn, TopicName="orders", PartitionCount=2, ReplicationFactor=2)
    shop.produce(shop.aws.session(), "orders", b"one", b"two")
    written = folder / "written"
    written.mkdir()
    made = reader(shop, written)
    made.read()
    made.produce(b"1", b"2")
    until(lambda: made.offsets() == [0, 1])
    return made


@pytest.fixture(scope="module")
def stop(reads, folder):
    """A stop and a start; then a third record."""
    before, engines = _cluster(reads.shop), len(_engines(folder))
    process.stop(folder)
    between = len(_engines(folder))
    again = _again(reads, folder)
    again.produce(b"3")
    until(lambda: again.offsets() == [0, 1, 2])
    return _seen(again, folder, before, engines, between)


@pytest.fixture(scope="module")
def pipeline(stop, reads, folder):
    """A connector that has read six rows."""
    made = deployed(replace(reads.shop, aws=_started(folder)))
    assert len(made.read(made.aws.session(), made.topic, 5)) == 5
    made.database.rows("INSERT INTO notes VALUES (6, 'before')")
    made.read(made.aws.session(), made.topic, 6)
    made.committed(6)
    return made


@pytest.fixture(scope="module")
def version(pipeline):
    """A schema with one version; the crash comes right after a second one was told."""
    glue = pipeline.aws.client("glue")
    subject = glue.create_schema(
        RegistryId={"RegistryName": pipeline.name},
        SchemaName="told",
        DataFormat="AVRO",
        Compatibility="BACKWARD",
        SchemaDefinition=json.dumps(_ORDER),
    )
    return {"SchemaId": {"SchemaArn": subject["SchemaArn"]}, "SchemaDefinition": json.dumps(_wider())}


@pytest.fixture(scope="module")
def crash(reads, pipeline, version, folder):
    """A crash while a batch is in hand and right after a schema's version was told, and a start; then a fifth record."""
    (folder / "written" / "refuse").touch()
    now = replace(reads, shop=pipeline.foundation)
    now.produce(b"4")
    until(lambda: len(now.events("seen")) > 3)
    until(lambda: any((folder / "state" / "checkpoints").glob("aws-msk-*")))
    before, engines = _cluster(now.shop), len(_engines(folder))
    told = pipeline.aws.client("glue").register_schema_version(**version)
    process.kill(folder)
    version |= {"SchemaVersionId": told["SchemaVersionId"]}
    until(lambda: not _engines(folder), every=0.5)
    between = len(_engines(folder))
    (folder / "written" / "refuse").unlink()
    again = _again(now, folder)
    again.produce(b"5")
    until(lambda: again.offsets()[-1] == 4)
    after = replace(pipeline, aws=again.shop.aws, foundation=again.shop)
    until(lambda: after.state == "RUNNING" and len(_engines(folder)) == 2, every=0.5)
    return _seen(again, folder, before, engines, between)


def _started(folder):
    return Aws(endpoint=process.start(folder, auth=True))


def _again(before, folder):
    """The reader of now, on the server that starts."""
    shop = replace(before.shop, aws=_started(folder))
    shop.active()
    return replace(before, shop=shop)


def _engines(folder):
    """Brokers and workers of Kafka Connect."""
    found = psutil.process_iter(["name", "cwd"])
    return [
        one for one in found if one.info["name"] == "java" and str(one.info["cwd"]).startswith(str(folder))
    ]


def _cluster(shop):
    described = shop.kafka.describe_topic(ClusterArn=shop.arn, TopicName="orders")
    return {
        "arn": shop.arn,
        "bootstrap": shop.bootstrap("PublicSaslIam"),
        "records": sorted(shop.read(shop.aws.session(), "orders", 2)),
        "partitions": described["PartitionCount"],
        "copies": described["ReplicationFactor"],
    }


def _seen(again, folder, before, engines, between):
    return Ending(
        before=before,
        engines_before=engines,
        engines_between=between,
        after=_cluster(again.shop),
        engines_after=len(_engines(folder)),
        offsets=again.offsets(),
        mapping=again.mapping(),
    )


def _wider():
    return {**_ORDER, "fields": [*_ORDER["fields"], {"name": "note", "type": "string", "default": ""}]}


def test_a_stop_ends_every_broker_and_a_start_brings_it_back(stop):
    assert (stop.engines_before, stop.engines_between, stop.engines_after) == (1, 0, 1)


def test_after_a_stop_a_cluster_has_its_place_its_topics_and_its_records(stop):
    assert stop.after == stop.before
    assert stop.after["records"] == [b"one", b"two"]
    assert (stop.after["partitions"], stop.after["copies"]) == (2, 2)


def test_after_a_stop_a_mapping_goes_on_where_it_was(stop):
    assert stop.offsets == [0, 1, 2]


def test_a_crash_leaves_no_broker_and_no_worker_and_a_start_brings_both_back(crash):
    assert (crash.engines_before, crash.engines_between, crash.engines_after) == (2, 0, 2)


def test_after_a_crash_a_cluster_has_lost_no_acknowledged_record(crash, stop):
    assert crash.after == crash.before == stop.before


def test_after_a_crash_a_mapping_goes_on_without_a_gap_though_a_batch_was_in_hand(crash):
    assert crash.offsets == [0, 1, 2, 3, 4]
    assert crash.mapping["State"] == "Enabled"


def test_after_a_crash_a_connector_reads_on_and_reads_nothing_again(crash, pipeline, reads, folder):
    aws = _started(folder)
    again = replace(pipeline, aws=aws, foundation=replace(reads.shop, aws=aws))
    again.database.becomes("available")
    again.database.rows("INSERT INTO notes VALUES (7, 'after')")
    found = again.decoded(again.read(aws.session(), again.topic, 7))
    assert [one["after"]["id"] for one in found] == [1, 2, 3, 4, 5, 6, 7]


def test_a_schemas_version_that_was_told_right_before_a_crash_is_not_lost(crash, version, folder):
    kept = _started(folder).client("glue").get_schema_version(SchemaVersionId=version["SchemaVersionId"])
    assert json.loads(kept["SchemaDefinition"]) == _wider()

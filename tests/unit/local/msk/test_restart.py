"""Clusters outlive the embedded AWS: a stop and a crash end every broker, a start brings topics and records back."""

from __future__ import annotations

import uuid

import psutil
import pytest

from local import process
from tests.unit.local.conftest import Aws
from tests.unit.local.msk.conftest import Shop, cluster, made_public
from tests.waiting import until


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept")
    yield folder
    process.stop(folder)


@pytest.fixture(scope="module")
def made(folder):
    """A cluster with a topic and two records; each test ends its server and starts it again."""
    return _shop(folder)


@pytest.fixture
def shop(made, folder):
    """The same cluster, on the server that runs now."""
    return _resumed(made, folder)


def _started(folder):
    return Aws(endpoint=process.start(folder, auth=False))


def _brokers(folder):
    return [
        one.pid
        for one in psutil.process_iter(["name", "cwd"])
        if one.info["name"] == "java" and str(one.info["cwd"]).startswith(str(folder))
    ]


def _shop(folder):
    aws, name = _started(folder), f"kept-{uuid.uuid4().hex[:6]}"
    resources = cluster(name)
    shop = made_public(Shop(aws, aws.deploy(resources), name, resources))
    shop.kafka.create_topic(ClusterArn=shop.arn, TopicName="orders", PartitionCount=2, ReplicationFactor=2)
    shop.produce(aws.session(), "orders", b"one", b"two")
    return shop


def _resumed(shop, folder):
    again = Shop(_started(folder), shop.stack, shop.name, shop.resources)
    again.active()
    return again


def _same(after, bootstrap):
    assert after.bootstrap("PublicSaslIam") == bootstrap
    assert sorted(after.read(after.aws.session(), "orders", 2)) == [b"one", b"two"]
    described = after.kafka.describe_topic(ClusterArn=after.arn, TopicName="orders")
    assert (described["PartitionCount"], described["ReplicationFactor"]) == (2, 2)


def test_a_stop_ends_every_broker_and_a_start_brings_all_back(shop, folder):
    bootstrap, arn = shop.bootstrap("PublicSaslIam"), shop.arn
    assert len(_brokers(folder)) == 1
    process.stop(folder)
    assert _brokers(folder) == []
    after = _resumed(shop, folder)
    assert after.arn == arn
    _same(after, bootstrap)


def test_a_crash_leaves_no_broker_and_loses_no_acknowledged_record(shop, folder):
    bootstrap = shop.bootstrap("PublicSaslIam")
    until(lambda: any((folder / "state" / "checkpoints").glob("aws-msk-*")))
    process.kill(folder)
    until(lambda: not _brokers(folder))
    after = _resumed(shop, folder)
    _same(after, bootstrap)
    assert len(_brokers(folder)) == 1

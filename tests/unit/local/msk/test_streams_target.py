"""A client of `dp streams` finds the brokers of a domain's cluster and proves by IAM who it is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from operations.connection import Connection, environment_named
from operations.exit_codes import CommandFailed
from operations.streams.target import Reach


def _reach(shop, name):
    connection = Connection(
        environment=environment_named("local"),
        session=shop.aws.session(),
        endpoint=shop.aws.endpoint.endpoint,
        verify=shop.aws.endpoint.ca or shop.ca,
    )
    return Reach(connection, SimpleNamespace(stream=name))


def test_a_topic_of_the_cluster_is_read_by_who_has_the_callers_credentials(shop):
    shop.kafka.create_topic(ClusterArn=shop.arn, TopicName="seen", PartitionCount=1, ReplicationFactor=2)
    shop.produce(shop.aws.session(), "seen", b"one", b"two")

    assert _reach(shop, shop.name).records("seen", "seen.replay").ends() == {0: 2}


def test_a_domain_without_a_cluster_is_told_so(shop):
    with pytest.raises(CommandFailed, match=r"local has no cluster dp-none-stream") as refused:
        _reach(shop, "dp-none-stream").settings()
    assert refused.value.code == 3

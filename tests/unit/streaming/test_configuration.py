"""What brokers are told: only what their kind takes."""

from __future__ import annotations

from data_platform.streaming import server_properties


def read(broker):
    return dict(line.split("=", 1) for line in server_properties(broker).splitlines())


def test_no_kind_of_broker_makes_a_topic_that_nobody_declared():
    assert read("express")["auto.create.topics.enable"] == "false"
    assert read("standard")["auto.create.topics.enable"] == "false"


def test_standard_brokers_lose_no_acknowledged_record_to_an_election():
    given = read("standard")

    assert given["unclean.leader.election.enable"] == "false"
    assert given["default.replication.factor"] == "3"
    assert given["min.insync.replicas"] == "2"


def test_express_brokers_are_told_nothing_that_they_fix_themselves():
    assert set(read("express")) == {"auto.create.topics.enable"}

"""Streaming: what a setting may be, what is usual for a kind of broker, and that a wrong one is refused by field."""

from __future__ import annotations

import dataclasses

import pytest

from environments import DEV, LOCAL, PROD, STAGING, InvalidEnvironment, settings_of
from environments.model import StreamingSettings

EXPRESS = StreamingSettings(on=True)
STANDARD = StreamingSettings(on=True, broker="standard")
SERVERLESS = StreamingSettings(on=True, broker="serverless")


@pytest.mark.parametrize(
    ("settings", "field", "value"),
    [
        (EXPRESS, "on", 1),
        (EXPRESS, "broker", "kinesis"),
        (EXPRESS, "kafka_version", "3.9.x.kraft"),
        (EXPRESS, "kafka_version", "3.6.0"),
        (EXPRESS, "instance_type", "kafka.m7g.large"),
        (EXPRESS, "brokers", 2),
        (EXPRESS, "brokers", True),
        (EXPRESS, "storage_gib", 100),
        (EXPRESS, "most_storage_gib", 0),
        (STANDARD, "kafka_version", "3.9.x"),
        (STANDARD, "instance_type", "express.m7g.large"),
        (STANDARD, "brokers", 61),
        (STANDARD, "storage_gib", 0),
        (STANDARD, "storage_gib", 16_385),
        (STANDARD, "most_storage_gib", 99),
        (SERVERLESS, "kafka_version", "3.9.x"),
        (SERVERLESS, "instance_type", "express.m7g.large"),
        (SERVERLESS, "brokers", 3),
        (SERVERLESS, "most_storage_gib", 10),
        (EXPRESS, "lag_seconds", 59),
        (EXPRESS, "lag_records", 2),
    ],
)
def test_a_wrong_setting_is_refused_with_its_field_and_a_mend(settings, field, value):
    with pytest.raises(InvalidEnvironment, match=rf"StreamingSettings\.{field} is .*Allowed: .*Mend: "):
        dataclasses.replace(settings, **{field: value})


def test_what_nobody_names_is_what_is_usual_for_the_kind_of_broker():
    assert (EXPRESS.kafka_version, EXPRESS.instance_type, EXPRESS.brokers) == (
        "3.9.x",
        "express.m7g.large",
        3,
    )
    assert (STANDARD.kafka_version, STANDARD.instance_type) == ("3.9.x.kraft", "kafka.m7g.large")
    assert (STANDARD.storage_gib, STANDARD.most_storage_gib) == (100, 1000)


def test_serverless_has_no_sizes():
    sizes = ("kafka_version", "instance_type", "brokers", "storage_gib", "most_storage_gib")

    assert {getattr(SERVERLESS, size) for size in sizes} == {None}


def test_a_cluster_that_is_off_is_written_with_one_word():
    assert StreamingSettings(on=False).broker == "express"


def test_production_takes_no_cluster_under_a_key_that_is_not_ours():
    with pytest.raises(
        InvalidEnvironment, match=r"StreamingSettings\.broker is 'serverless'.*no key of ours"
    ):
        dataclasses.replace(PROD, streaming=SERVERLESS)


def test_an_environment_that_protects_nothing_takes_serverless():
    assert dataclasses.replace(STAGING, streaming=SERVERLESS).streaming.broker == "serverless"


@pytest.mark.parametrize(
    ("environment", "on"),
    [(DEV, False), (LOCAL, False), (STAGING, True), (PROD, True)],
    ids=lambda e: str(e)[:40],
)
def test_only_environments_that_people_use_have_a_cluster(environment, on):
    assert environment.streaming.on is on


def test_the_differences_of_environments_show_streaming():
    assert settings_of(PROD)["streaming.on"] is True
    assert settings_of(DEV)["streaming.broker"] == "express"

"""Thresholds of every environment's databases are what the formulas give for the sizes that its settings name."""

from __future__ import annotations

import pytest
from aws_cdk import assertions
from aws_cdk import aws_sns as sns

from data_platform.contracts.naming import Naming
from environments import ENVIRONMENTS
from stacks.database_watch import watch_database

GIB = 1024**3
# Memory by class from AWS's own table, written down a second time.
MEMORY_GIB = {"db.t4g.small": 2, "db.t4g.medium": 4, "db.t4g.large": 8, "db.m7g.large": 8}
DATABASES = [
    pytest.param(environment, settings, id=f"{environment.name}-{settings.name}")
    for environment in ENVIRONMENTS
    for settings in environment.databases
]


def naming_of(environment, settings):
    return Naming(
        organisation=environment.organisation,
        environment=environment.name,
        domain=settings.domain,
        account=environment.account,
        region=environment.region,
    )


@pytest.fixture
def thresholds(stack, request):
    def of(environment, settings):
        naming = naming_of(environment, settings)
        topics = {severity: sns.Topic(stack, severity.title()) for severity in ("page", "ticket")}
        watch_database(stack, settings, naming, environment, topics=topics, log_group="g")
        found = assertions.Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm").values()
        prefix = f"{naming.database_instance(settings.name)}-"
        return {
            each["Properties"]["AlarmName"].removeprefix(prefix): each["Properties"]["Threshold"]
            for each in found
        }

    return of


@pytest.mark.parametrize(("environment", "settings"), DATABASES)
def test_thresholds_equal_the_formulas(environment, settings, thresholds):
    found = thresholds(environment, settings)
    memory = MEMORY_GIB[settings.instance_class] * GIB
    # DBInstanceClassMemory, as docs/database-alarms.md approximates it from below.
    left = memory - 256 * 1024**2 - memory / 40
    most = min(int(left / 9_531_392), 5000) if settings.engine == "postgres" else int(left / 12_582_880)
    free = {"postgres": (0.10, 0.05), "mysql": (0.05, 0.025)}[settings.engine]

    assert {
        "connections-high": found["connections-high"],
        "connections-critical": found["connections-critical"],
        "storage-low": found["storage-low"],
        "storage-critical": found["storage-critical"],
        "memory-low": found["memory-low"],
        "memory-critical": found["memory-critical"],
        "cpu-high": found["cpu-high"],
        "cpu-critical": found["cpu-critical"],
    } == pytest.approx(
        {
            "connections-high": most * 0.8,
            "connections-critical": most * 0.9,
            "storage-low": settings.storage_gib * GIB * 0.25,
            "storage-critical": settings.storage_gib * GIB * 0.15,
            "memory-low": memory * free[0],
            "memory-critical": memory * free[1],
            "cpu-high": 80,
            "cpu-critical": 90,
        },
        abs=1,
        rel=0,
    )


@pytest.mark.parametrize(("environment", "settings"), DATABASES)
def test_silence_pages_where_somebody_answers(environment, settings, thresholds):
    assert ("silent" in thresholds(environment, settings)) is environment.recovery.watched

"""What instance classes offer, and the connections that follow, against AWS's own lists and what people measured."""

from __future__ import annotations

import json
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_platform.observability import (
    DATABASE_CLASSES,
    DatabaseClass,
    UnknownDatabaseClass,
    database_class,
    max_connections,
)

ENGINES = ("postgres", "mysql")
# SHOW max_connections under default parameter groups, as published: PostgreSQL by gist.github.com/guizmaii
# (1cacffef793c2ba9645083c3e18b3d8c), MySQL by tritoneco.com/2015/11/23/max_connections-at-aws-rds-mysql-instance-sizes.
MEASURED = [
    ("postgres", 2, 198),
    ("postgres", 4, 413),
    ("postgres", 8, 856),
    ("postgres", 15.25, 1660),
    ("mysql", 1, 66),
    ("mysql", 2, 150),
    ("mysql", 3.75, 296),
    ("mysql", 4, 312),
    ("mysql", 7.5, 609),
    ("mysql", 8, 648),
    ("mysql", 15, 1237),
    ("mysql", 15.25, 1258),
    ("mysql", 16, 1320),
    ("mysql", 17.1, 1412),
    ("mysql", 30, 2492),
    ("mysql", 30.5, 2540),
]
BYTES_A_CONNECTION = {"postgres": 9_531_392, "mysql": 12_582_880}


@pytest.fixture(scope="module")
def offered_in_sydney():
    """Classes that RDS offers by engine, from AWS's price list as cfn-lint carries it."""
    file = resources.files("cfnlint.data.schemas.extensions.aws_rds_dbinstance") / "dbinstanceclass_enum.json"
    found = {engine: set() for engine in ENGINES}
    for entry in json.loads(file.read_text())["ap-southeast-2"]["allOf"]:
        engine = entry["if"]["properties"]["Engine"].get("const")
        if engine in found:
            found[engine].update(entry["then"]["properties"]["DBInstanceClass"]["enum"])
    return found


@pytest.mark.parametrize("engine", ENGINES)
def test_every_class_is_offered_in_sydney_and_none_of_a_family_is_forgotten(engine, offered_in_sydney):
    families = {name.split(".")[1] for name in DATABASE_CLASSES}

    assert set(DATABASE_CLASSES) == {
        name for name in offered_in_sydney[engine] if name.split(".")[1] in families
    }


@pytest.mark.parametrize(
    ("name", "vcpus", "memory_gib"),
    [
        ("db.t4g.micro", 2, 1),
        ("db.t4g.medium", 2, 4),
        ("db.t4g.2xlarge", 8, 32),
        ("db.m7g.large", 2, 8),
        ("db.m7g.16xlarge", 64, 256),
        ("db.r7g.large", 2, 16),
        ("db.r7g.16xlarge", 64, 512),
        ("db.m8g.48xlarge", 192, 768),
        ("db.r8g.24xlarge", 96, 768),
    ],
)
def test_a_class_has_the_processors_and_memory_of_awss_table(name, vcpus, memory_gib):
    assert database_class(name) == DatabaseClass(name=name, vcpus=vcpus, memory_gib=memory_gib)


@pytest.mark.parametrize(("engine", "memory_gib", "measured"), MEASURED)
def test_connections_are_never_more_than_measured_and_from_four_gib_on_within_two_percent(
    engine, memory_gib, measured
):
    left = DatabaseClass(name="measured", vcpus=2, memory_gib=memory_gib).process_memory_bytes
    computed = int(left // BYTES_A_CONNECTION[engine])

    assert computed <= measured
    assert computed >= measured * (0.98 if memory_gib >= 4 else 0.92)


def test_postgres_stops_at_five_thousand_and_mysql_at_its_highest_value():
    assert max_connections("postgres", "db.r7g.2xlarge") == 5000
    assert max_connections("postgres", "db.r8g.48xlarge") == 5000
    assert max_connections("mysql", "db.r8g.48xlarge") == 100_000


@given(
    engine=st.sampled_from(ENGINES),
    pair=st.tuples(st.sampled_from(sorted(DATABASE_CLASSES)), st.sampled_from(sorted(DATABASE_CLASSES))),
)
def test_more_memory_never_means_fewer_connections(engine, pair):
    less, more = sorted(pair, key=lambda name: database_class(name).memory_gib)

    assert 0 < max_connections(engine, less) <= max_connections(engine, more)


@given(name=st.sampled_from(sorted(DATABASE_CLASSES)))
def test_rds_leaves_less_than_the_class_has(name):
    offered = database_class(name)

    assert 0.7 * offered.memory_bytes < offered.process_memory_bytes < offered.memory_bytes


def test_an_unknown_class_says_which_are_known_and_how_to_add_one():
    with pytest.raises(UnknownDatabaseClass, match=r"'db\.x9\.tiny'.*db\.t4g\.micro.*database_classes\.py"):
        database_class("db.x9.tiny")

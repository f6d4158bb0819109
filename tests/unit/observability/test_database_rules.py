"""The alarm table of a database: thresholds follow from its size, and silence means what it should."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_platform.observability import (
    DATABASE_CLASSES,
    WatchedDatabase,
    database_class,
    database_rules,
    max_connections,
)

GIB = 1024**3
ONE_HOUR, ONE_DAY, ONE_WEEK = 3600, 86_400, 604_800
UPWARDS = "GreaterThanOrEqualToThreshold"


def watched(**given_):
    return WatchedDatabase(
        **{
            "instance": "dp-test-d-shop",
            "engine": "postgres",
            "instance_class": "db.t4g.medium",
            "storage_gib": 20,
            **given_,
        }
    )


def rules_of(**given_):
    return {rule.name: rule for rule in database_rules(watched(**given_))}


databases = st.builds(
    watched,
    engine=st.sampled_from(["postgres", "mysql"]),
    instance_class=st.sampled_from(sorted(DATABASE_CLASSES)),
    storage_gib=st.integers(20, 65_536),
    connections=st.none() | st.integers(1, 100_000),
    replica=st.none() | st.just("dp-test-d-shop-replica"),
    silence=st.booleans(),
)
EVERY = [
    rule
    for engine in ("postgres", "mysql")
    for rule in database_rules(watched(engine=engine, replica="dp-test-d-shop-replica"))
]


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: rule.name)
def test_every_window_is_legal_for_cloudwatch(rule):
    longest = ONE_DAY if rule.period_seconds < ONE_HOUR else ONE_WEEK

    assert rule.period_seconds % 60 == 0
    assert rule.period_seconds * rule.periods <= longest


@given(database=databases)
def test_names_of_alarms_are_told_apart(database):
    names = [rule.name for rule in database_rules(database)]

    assert len(set(names)) == len(names)


@given(database=databases)
def test_thresholds_lie_within_what_the_database_has(database):
    rules = {rule.name: rule for rule in database_rules(database)}
    most = {
        "CPUUtilization": 100,
        "DatabaseConnections": database.most_connections,
        "FreeableMemory": database_class(database.instance_class).memory_bytes,
        "FreeStorageSpace": database.storage_gib * GIB,
        "OldestReplicationSlotLag": database.storage_gib * GIB,
    }
    for rule in rules.values():
        if rule.metric in most:
            assert 0 < rule.threshold < most[rule.metric], rule.name


@given(database=databases)
def test_who_is_paged_was_warned_before(database):
    rules = {rule.name: rule for rule in database_rules(database)}
    for name, page in rules.items():
        if page.severity == "page" and name != "silent":
            stem = name.removesuffix("-critical")
            warning = rules.get(f"{stem}-high") or rules[f"{stem}-low"]

            assert warning.severity == "ticket"
            assert (warning.metric, warning.comparison) == (page.metric, page.comparison)
            if page.comparison == UPWARDS:
                assert warning.threshold < page.threshold
            else:
                assert warning.threshold > page.threshold


@given(database=databases, more=st.integers(1, 1000))
def test_more_storage_never_lowers_a_threshold_that_follows_from_it(database, more):
    bigger = watched(
        engine=database.engine,
        instance_class=database.instance_class,
        storage_gib=database.storage_gib + more,
        connections=database.connections,
    )
    before = {rule.name: rule.threshold for rule in database_rules(database)}
    after = {rule.name: rule.threshold for rule in database_rules(bigger)}

    assert after["storage-critical"] > before["storage-critical"]
    assert after["disk-queue-high"] >= before["disk-queue-high"]


@given(
    engine=st.sampled_from(["postgres", "mysql"]),
    pair=st.tuples(st.sampled_from(sorted(DATABASE_CLASSES)), st.sampled_from(sorted(DATABASE_CLASSES))),
)
def test_a_class_with_more_memory_never_has_lower_thresholds(engine, pair):
    less, more = sorted(pair, key=lambda name: database_class(name).memory_gib)
    smaller, larger = (rules_of(engine=engine, instance_class=name) for name in (less, more))
    for name in ("connections-high", "connections-critical", "memory-low", "memory-critical"):
        assert smaller[name].threshold <= larger[name].threshold


def test_storage_pages_at_85_percent_of_what_is_allocated():
    assert rules_of(storage_gib=100)["storage-critical"].threshold == 15 * GIB


@pytest.mark.parametrize("engine", ["postgres", "mysql"])
@pytest.mark.parametrize("name", sorted(DATABASE_CLASSES))
def test_connections_warn_at_80_and_page_at_90_percent_of_the_engines_formula(engine, name):
    rules = rules_of(engine=engine, instance_class=name)

    assert rules["connections-high"].threshold == max_connections(engine, name) * 80 / 100
    assert rules["connections-critical"].threshold == max_connections(engine, name) * 90 / 100


def test_a_parameter_group_that_sets_max_connections_has_the_last_word():
    rules = rules_of(connections=200)

    assert (rules["connections-high"].threshold, rules["connections-critical"].threshold) == (160, 180)


def test_processors_warn_at_80_percent_and_page_at_90():
    rules = rules_of()

    assert (rules["cpu-high"].severity, rules["cpu-high"].threshold) == ("ticket", 80)
    assert (rules["cpu-critical"].severity, rules["cpu-critical"].threshold) == ("page", 90)


def test_the_disk_queue_is_what_the_volumes_do_in_the_time_that_is_slow():
    assert rules_of(storage_gib=399)["disk-queue-high"].threshold == 60
    assert rules_of(storage_gib=400)["disk-queue-high"].threshold == 240


def test_slots_and_transaction_ids_are_watched_where_the_engine_has_them():
    only_postgres = {"slot-lag-high", "slot-lag-critical", "transaction-ids-high"}

    assert set(rules_of()) - set(rules_of(engine="mysql")) == only_postgres


def test_a_replica_is_watched_under_its_own_name():
    rules = rules_of(engine="mysql", replica="shop-replica")

    for name in ("replica-lag-high", "replica-stopped"):
        assert rules[name].dimensions == {"DBInstanceIdentifier": "shop-replica"}
    assert "replica-lag-high" not in rules_of(engine="mysql")


def test_mysql_says_minus_one_when_its_replica_has_stopped():
    stopped = rules_of(engine="mysql", replica="shop-replica")["replica-stopped"]

    assert (stopped.comparison, stopped.threshold) == ("LessThanThreshold", 0)


def test_only_silence_itself_takes_silence_for_a_fault():
    assert [rule.name for rule in EVERY if rule.missing == "breaching"] == ["silent", "silent"]
    assert "silent" not in rules_of(silence=False)


def test_a_gauge_that_falls_silent_leaves_its_alarm_as_it_is():
    gauges = {rule.name: rule.missing for rule in EVERY if rule.namespace == "AWS/RDS"}
    others = {name for name, missing in gauges.items() if missing != "ignore"}

    assert others == {"silent", "slot-lag-high", "slot-lag-critical"}


def test_what_is_counted_in_a_log_takes_silence_for_good():
    counted = {rule.name: rule.missing for rule in EVERY if rule.namespace != "AWS/RDS"}

    assert counted == {"deadlocks": "notBreaching", "logins-failed": "notBreaching"}

"""A source is captured as the platform's own configuration, rights and machine say: each change once, and exactly."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest

from tests.unit.local.kafkaconnect.capturing import Capture, ended, equipped, resources
from tests.waiting import until

OWNER_SQL = (
    "CREATE TABLE orders (shop text, id bigint, amount numeric(12,2) NOT NULL, placed timestamp, secret text)",
    "ALTER TABLE orders ADD PRIMARY KEY (shop, id)",
    "ALTER TABLE orders REPLICA IDENTITY FULL",
    "CREATE TABLE heartbeats (id int PRIMARY KEY, beat_at timestamptz NOT NULL)",
    "ALTER TABLE heartbeats REPLICA IDENTITY FULL",
    "INSERT INTO heartbeats VALUES (1, now())",
    "CREATE TABLE debezium_signals (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048))",
    "CREATE PUBLICATION dp_shop FOR TABLE orders, heartbeats, debezium_signals",
    "CREATE ROLE capture LOGIN PASSWORD 'first'",
    "GRANT rds_replication TO capture",
    "GRANT SELECT ON orders, heartbeats, debezium_signals TO capture",
    "GRANT UPDATE (beat_at) ON heartbeats TO capture",
    "GRANT INSERT ON debezium_signals TO capture",
    "INSERT INTO orders SELECT 'a', n, n + 0.05, '2026-11-28 01:02:03.123456', 'no' FROM generate_series(1, 3) AS n",
)


@pytest.fixture(scope="module")
def capture(foundation):
    """All is deployed, the machine has run once, three orders are in the topic."""
    name = f"cap{uuid.uuid4().hex[:6]}"
    wanted = resources(name, foundation.arn)
    made = Capture(foundation.aws, foundation.aws.deploy(wanted), name, wanted, foundation=foundation)
    for statement in OWNER_SQL:
        made.database.rows(statement)
    yield equipped(made)
    ended(made)


def test_a_row_that_was_there_arrives_once_with_its_columns_of_the_contract_and_no_other(capture):
    found = capture.records(3)
    assert [one["headers"]["__op"] for one in found] == [b"r"] * 3
    assert [one["key"] for one in found] == [{"shop": "a", "id": number} for number in (1, 2, 3)]
    assert sorted(found[0]["value"]) == ["amount", "id", "placed", "shop"]
    assert str(found[0]["value"]["amount"]) == "1.05"
    assert found[0]["value"]["placed"] == 1795827723123456


def test_a_deletion_has_no_value_and_a_place_in_the_log_behind_the_change_before_it(capture):
    before = len(capture.records(3))
    capture.database.rows("UPDATE orders SET amount = 7 WHERE id = 1")
    capture.database.rows("DELETE FROM orders WHERE id = 1")
    update, delete = capture.records(before + 2)[before:]
    assert (update["headers"]["__op"], str(update["value"]["amount"])) == (b"u", "7.00")
    assert (delete["headers"]["__op"], delete["value"], delete["key"]) == (b"d", None, {"shop": "a", "id": 1})
    assert int(delete["headers"]["__source_lsn"]) > int(update["headers"]["__source_lsn"])


def test_a_changed_key_is_a_deletion_of_the_old_one_and_a_new_row(capture):
    before = len(capture.records(3))
    capture.database.rows("UPDATE orders SET id = 20 WHERE id = 2")
    old, new = capture.records(before + 2)[before:]
    assert (old["headers"]["__op"], old["value"], old["key"]["id"]) == (b"d", None, 2)
    assert (new["headers"]["__op"], new["value"]["id"], new["key"]["id"]) == (b"c", 20, 20)


def test_the_machine_that_runs_again_changes_nothing(capture):
    before = capture.described()
    assert capture.run()["status"] == "SUCCEEDED"
    assert capture.described() == before


def test_a_snapshot_by_signal_reads_all_rows_again_while_changes_go_on(capture):
    before = len(capture.records(3))
    [(rows,)] = capture.database.rows("SELECT count(*) FROM orders")
    signal = '{"type": "incremental", "data-collections": ["public.orders"]}'
    capture.database.rows(f"INSERT INTO debezium_signals VALUES ('again', 'execute-snapshot', '{signal}')")
    read = capture.records(before + rows)[before:]
    assert {(one["headers"]["__op"], one["headers"]["__source_snapshot"]) for one in read} == {
        (b"r", b"incremental")
    }
    assert len(read) == rows


def test_a_new_password_is_taken_over_and_no_row_is_read_again(capture):
    before, arn = len(capture.records(3)), capture.described()["connectorArn"]
    capture.database.rows("ALTER ROLE capture PASSWORD 'second'")
    login = json.dumps({"username": "capture", "password": "second"})
    capture.aws.client("secretsmanager").put_secret_value(SecretId=capture.connector, SecretString=login)
    capture.database.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'capture'")
    assert capture.run()["status"] == "SUCCEEDED"
    capture.database.rows("INSERT INTO orders VALUES ('b', 1, 1)")
    found = capture.records(before + 1)
    assert [one["key"] for one in found[before:]] == [{"shop": "b", "id": 1}]
    assert capture.described()["connectorArn"] == arn


def test_another_plugin_is_another_connector_that_reads_on_where_the_last_one_was(capture):
    before, arn = len(capture.records(3)), capture.described()["connectorArn"]
    capture.plugin = capture.made_plugin("second")
    capture.becomes()
    capture.database.rows("INSERT INTO orders VALUES ('b', 2, 2)")
    assert capture.run()["status"] == "SUCCEEDED"
    found = capture.records(before + 1)
    assert [one["key"] for one in found[before:]] == [{"shop": "b", "id": 2}]
    assert capture.described()["connectorArn"] != arn
    assert capture.described()["plugins"][0]["customPlugin"]["customPluginArn"] == capture.plugin


def test_a_change_that_the_registry_refuses_stops_the_connector_and_is_lost_by_nobody(capture):
    before = len(capture.records(3))
    capture.database.rows("ALTER TABLE orders ALTER COLUMN placed TYPE text USING placed::text")
    capture.database.rows("INSERT INTO orders VALUES ('c', 1, 1, 'later')")
    running = capture.described()["connectorArn"].rsplit("/", 1)[-1]
    log = Path(capture.aws.endpoint.state_dir) / "kafkaconnect" / "connectors" / running / "engine.log"
    until(lambda: "Call failed when registering the schema" in log.read_text())
    assert len(capture.records(before)) == before
    glue = capture.aws.client("glue")
    subject = {"SchemaArn": capture.aws.resource(capture.stack, "OrdersSubject")}
    refused = [
        str(one["VersionNumber"])
        for one in glue.list_schema_versions(SchemaId=subject)["Schemas"]
        if one["Status"] == "FAILURE"
    ]
    glue.delete_schema_versions(SchemaId=subject, Versions=",".join(refused))
    glue.update_schema(SchemaId=subject, Compatibility="NONE", SchemaVersionNumber={"LatestVersion": True})
    assert capture.run(restart=True)["status"] == "SUCCEEDED"
    assert capture.records(before + 1)[-1]["value"]["placed"] == "later"


def test_a_connector_that_is_stopped_is_gone_and_its_place_is_kept(capture):
    before = len(capture.records(3))
    assert capture.run(stop=True)["status"] == "SUCCEEDED"
    assert capture.connect.list_connectors(connectorNamePrefix=capture.connector)["connectors"] == []
    capture.database.rows("INSERT INTO orders VALUES ('d', 1, 1, 'meanwhile')")
    assert capture.run()["status"] == "SUCCEEDED"
    assert [one["key"] for one in capture.records(before + 1)[before:]] == [{"shop": "d", "id": 1}]

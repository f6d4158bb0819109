"""MySQL is captured by the same machine: MariaDB stands in for it, with Debezium's connector for it."""

from __future__ import annotations

import uuid

import pytest

from tests.unit.local.kafkaconnect.capturing import Capture, ended, equipped, resources
from tests.unit.local.rds.conftest import rule
from tests.unit.local.rds.test_mysql import Books, template

OWNER_SQL = (
    "CREATE TABLE shop.orders (shop varchar(10), id bigint, amount numeric(12,2) NOT NULL, placed datetime(6))",
    "ALTER TABLE shop.orders ADD PRIMARY KEY (shop, id)",
    "CREATE TABLE shop.returns AS SELECT * FROM shop.orders",
    "ALTER TABLE shop.returns ADD PRIMARY KEY (shop, id)",
    "INSERT INTO shop.returns VALUES ('a', 1, 9, NULL)",
    "CREATE TABLE shop.heartbeats (id int PRIMARY KEY, beat_at timestamp(6) NOT NULL)",
    "INSERT INTO shop.heartbeats VALUES (1, now(6))",
    "CREATE TABLE shop.debezium_signals (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048))",
    "CREATE USER capture IDENTIFIED BY 'first'",
    "GRANT SELECT, RELOAD, LOCK TABLES, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO capture",
    "GRANT UPDATE ON shop.heartbeats TO capture",
    "GRANT INSERT, DELETE ON shop.debezium_signals TO capture",
    "INSERT INTO shop.orders VALUES ('a', 1, 1.05, '2026-11-28 01:02:03.123456')",
)
LATER = ("returns", "refunds")  # the first was there before the connector, the other comes after it
PLACE = ("__source_file", "__source_pos", "__source_row")


class MySqlCapture(Capture):
    """Its source is a MySQL of its own stack."""

    @property
    def database(self):
        return Books(self.aws, self.stack, self.name)


def source(name, foundation):
    """A MySQL in the foundation's network."""
    group, subnets = (foundation.aws.resource(foundation.stack, each) for each in ("Database", "Subnets"))
    made = template(name, DBName="shop", Port="13306", DBSubnetGroupName=subnets, VPCSecurityGroups=[group])
    extractor = foundation.aws.resource(foundation.stack, "Extractor")
    return {
        **{each: made[each] for each in ("Instance", "Parameters")},
        "FromExtractor": rule("Ingress", "", port=13306, GroupId=group, SourceSecurityGroupId=extractor),
        "FromHere": rule("Ingress", "", port=13306, GroupId=group, CidrIp="127.0.0.0/8"),
    }


def place(record):
    """Where a change stands in the log, as it sorts."""
    file, position, row = (record["headers"][name].decode() for name in PLACE)
    return int(file.rsplit(".", 1)[1]), int(position), int(row)


@pytest.fixture(scope="module")
def capture(foundation):
    name = f"cap{uuid.uuid4().hex[:6]}"
    wanted = {**resources(name, foundation.arn, *LATER), **source(name, foundation)}
    stack = foundation.aws.deploy(wanted)
    made = MySqlCapture(foundation.aws, stack, name, wanted, foundation=foundation, engine="mysql")
    for statement in OWNER_SQL:
        made.database.rows(statement)
    yield equipped(made, *LATER)
    ended(made)


def test_a_row_that_was_there_and_each_change_arrive_with_a_place_that_only_grows(capture):
    capture.records(1)
    capture.database.rows("INSERT INTO shop.orders VALUES ('a', 2, 2, NULL), ('a', 3, 3, NULL)")
    capture.database.rows("UPDATE shop.orders SET amount = 7 WHERE id = 1")
    capture.database.rows("DELETE FROM shop.orders WHERE id = 1")
    found = capture.records(5)

    assert [one["headers"]["__op"] for one in found] == [b"r", b"c", b"c", b"u", b"d"]
    assert [one["key"]["id"] for one in found] == [1, 2, 3, 1, 1]
    assert str(found[0]["value"]["amount"]) == "1.05"
    assert found[0]["value"]["placed"] == 1795827723123456
    assert found[-1]["value"] is None
    assert [place(one) for one in found] == sorted({place(one) for one in found})


def test_another_start_reads_no_row_again(capture):
    before = len(capture.records(1))
    assert capture.run(restart=True)["status"] == "SUCCEEDED"
    capture.database.rows("INSERT INTO shop.orders VALUES ('b', 1, 1, NULL)")

    assert [one["key"] for one in capture.records(before + 1)[before:]] == [{"shop": "b", "id": 1}]


def test_a_table_that_a_contract_names_later_is_captured_from_then_on_and_what_it_had_by_a_signal(capture):
    before = len(capture.records(1))
    capture.database.rows("CREATE TABLE shop.refunds (PRIMARY KEY (shop, id)) AS SELECT * FROM shop.returns")
    capture.database.rows("INSERT INTO shop.orders VALUES ('c', 1, 1, NULL)")
    capture.records(before + 1)  # the connector has read beyond the table's making
    capture.further = LATER
    capture.becomes()
    assert capture.run()["status"] == "SUCCEEDED"
    for table in LATER:
        capture.database.rows(f"INSERT INTO shop.{table} VALUES ('b', 2, 2, NULL)")
        [fresh] = capture.records(1, of=table)
        assert (fresh["headers"]["__op"], fresh["key"]) == (b"c", {"shop": "b", "id": 2})

    signal = '{"type": "incremental", "data-collections": ["shop.returns"]}'
    capture.database.rows(f"INSERT INTO shop.debezium_signals VALUES ('1', 'execute-snapshot', '{signal}')")
    read = capture.records(3, of="returns")[1:]
    assert {(one["headers"]["__op"], one["headers"]["__source_snapshot"]) for one in read} == {
        (b"r", b"incremental")
    }
    assert [one["key"]["id"] for one in read] == [1, 2]

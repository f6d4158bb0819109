"""Reading an earlier snapshot, and the columns that a table had then."""

from __future__ import annotations

import pyarrow as pa
import pytest

from local.athena import duck, time_travel, translate


@pytest.fixture
def ice(athena):
    athena.iceberg("ice", "id int, old string, gone string")
    athena.run("INSERT INTO ice VALUES (1, 'a', 'b')")
    [[first]] = athena.rows('SELECT snapshot_id FROM "ice$snapshots"')
    athena.run("ALTER TABLE ice CHANGE COLUMN old renamed string")
    athena.run("ALTER TABLE ice DROP COLUMN gone")
    athena.first = first
    return athena


def test_an_earlier_snapshot_has_the_columns_of_its_time(ice):
    assert ice.run(f"SELECT * FROM ice FOR VERSION AS OF {ice.first}").columns == ["id", "old", "gone"]
    assert ice.run("SELECT * FROM ice").columns == ["id", "renamed"]


def test_columns_that_are_gone_are_not_described(ice):
    assert [row[0].split()[0] for row in ice.rows("DESCRIBE ice")] == ["id", "renamed"]


def test_working_out_the_moment_leaves_a_connection_that_the_next_query_can_use():
    duck._idle.clear()
    tree = translate.parse("SELECT current_timestamp - interval '1' hour").expressions[0]
    time_travel._value(tree)
    connection = duck.connect()
    connection.register("rows_", pa.table({"a": [1]}))
    assert connection.sql("SELECT a FROM rows_").fetchall() == [(1,)]

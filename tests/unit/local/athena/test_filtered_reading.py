"""Behind a filter, reading still works as it should: what it costs, what it refuses, and what else tells of a table."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.unit.local.athena import hostile_world
from tests.unit.local.athena.conftest import LAKE

WHOLE = "Required Select on patients (all columns and rows, to change it)"


def test_the_visible_part_is_read(world):
    assert world.analyst.rows("SELECT id, name FROM patients WHERE note > '15' ORDER BY id") == [
        ["2", "Bob"],
        ["3", "Cat"],
    ]


def test_bytes_scanned_do_not_tell_whether_a_hidden_row_may_hold_a_value(world):
    there, nowhere = (
        world.analyst.run(f"SELECT name FROM patients WHERE id = {number}").scanned
        for number in (hostile_world.NUMBER, 5_000_000_000)
    )
    assert there == nowhere > 0


def test_the_row_filter_itself_prunes_files(world):
    whole = world.owner.run("SELECT id, name, state FROM patients").scanned
    part = world.analyst.run("SELECT id, name, state FROM patients").scanned
    assert 0 < part < whole


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE patients SET note = 'x'",
        "DELETE FROM patients WHERE id = 1",
        "MERGE INTO patients t USING results s ON t.id = s.id WHEN MATCHED THEN UPDATE SET note = 'x'",
        "INSERT INTO patients SELECT 1, 'a', 'b', 'c'",
        "ALTER TABLE patients SET TBLPROPERTIES ('a' = 'b')",
        "OPTIMIZE patients REWRITE DATA USING BIN_PACK",
        "VACUUM patients",
    ],
)
def test_a_table_that_is_seen_through_a_filter_is_not_changed(world, sql):
    assert world.analyst.fails(sql).endswith(WHOLE)


def test_partitions_are_not_repaired_through_a_filter(world):
    assert "to change it" in world.analyst.fails("MSCK REPAIR TABLE visits")
    assert "all columns and rows" in world.analyst.fails("SHOW PARTITIONS visits")


def test_time_travel_is_possible_to_what_may_be_seen(world):
    [first] = world.analyst.rows('SELECT min(snapshot_id) FROM "patients$refs"')[0]
    assert first
    text = world.text("SELECT id, note FROM patients FOR VERSION AS OF {before_rename} ORDER BY id")
    assert world.analyst.rows(text) == [["1", "10"], ["2", "20"]]


def test_a_snapshot_without_the_filters_column_shows_nothing(world):
    world.owner.iceberg("late", "id int")
    world.owner.run("INSERT INTO late VALUES (1)")
    [[before]] = world.owner.rows('SELECT snapshot_id FROM "late$snapshots"')
    world.owner.run("ALTER TABLE late ADD COLUMNS (state string)")
    key = {
        "TableCatalogId": world.owner.aws.endpoint.account,
        "DatabaseName": world.names["clinic"],
        "TableName": "late",
        "Name": "vic",
    }
    lake = world.owner.client("lakeformation")
    rows = {"FilterExpression": "state = 'VIC'"}
    lake.create_data_cells_filter(TableData={**key, "RowFilter": rows, "ColumnWildcard": {}})
    lake.grant_permissions(
        Principal={"DataLakePrincipalIdentifier": world.arn},
        Resource={"DataCellsFilter": key},
        Permissions=["SELECT"],
    )
    assert world.analyst.rows("SELECT * FROM late") == []
    refused = world.analyst.fails(f"SELECT id FROM late FOR VERSION AS OF {before}")
    assert refused == (
        "Insufficient permissions to execute the query. late cannot be read through the filter of the caller."
    )


def test_a_broken_file_is_reported_without_its_content(world):
    body = hostile_world.MARKER.encode() * 3
    key = f"{world.names['clinic']}/cards/card={hostile_world.MARKER}/broken.parquet"
    s3 = world.owner.client("s3")
    s3.put_object(Bucket=LAKE, Key=key, Body=body)
    try:
        assert world.analyst.fails("SELECT id FROM cards") == (
            "HIVE_BAD_DATA: Error reading cards; details are not shown to a caller who sees it filtered"
        )
        assert hostile_world.MARKER in world.owner.fails("SELECT id FROM cards")
    finally:
        s3.delete_object(Bucket=LAKE, Key=key)


def test_athenas_own_metadata_hides_the_columns(world):
    athena = world.analyst.client("athena")
    named = {"CatalogName": "AwsDataCatalog", "DatabaseName": world.names["clinic"]}
    one = athena.get_table_metadata(**named, TableName="accounts")["TableMetadata"]
    listed = {table["Name"]: table for table in athena.list_table_metadata(**named)["TableMetadataList"]}
    for table in (one, listed["accounts"]):
        assert [column["Name"] for column in table["Columns"]] == ["id", "holder"]
    assert listed["cards"]["PartitionKeys"] == []


def test_a_reader_has_no_way_to_the_objects_themselves(world):
    s3 = world.analyst.client("s3")
    with pytest.raises(ClientError, match=r"AccessDenied|not authorized"):
        s3.list_objects_v2(Bucket=LAKE)
    with pytest.raises(ClientError, match=r"AccessDenied|Forbidden|not authorized"):
        s3.get_object(Bucket=LAKE, Key=f"{world.names['clinic']}/accounts/a.csv")


def own_table(world, name: str) -> dict[str, str]:
    """A table of the lake that is all the analyst's."""
    named = {"DatabaseName": world.names["clinic"], "Name": name}
    world.owner.client("lakeformation").grant_permissions(
        Principal={"DataLakePrincipalIdentifier": world.arn},
        Resource={"Table": named},
        Permissions=["SELECT", "INSERT", "DELETE", "ALTER", "DESCRIBE"],
    )
    return named


def test_a_partition_of_an_own_table_does_not_open_the_files_of_another(world):
    world.owner.run(
        f"CREATE EXTERNAL TABLE own (line string) PARTITIONED BY (day string) LOCATION '{world.owner.place('own')}'"
    )
    own_table(world, "own")
    world.analyst.run(f"ALTER TABLE own ADD PARTITION (day = 'x') LOCATION '{world.owner.place('accounts')}'")
    refused = world.analyst.fails("SELECT * FROM own")
    assert refused.startswith("Insufficient permissions to execute the query.")
    assert hostile_world.MARKER not in refused


def test_an_own_table_that_points_at_the_metadata_of_another_does_not_open_it(world):
    world.owner.iceberg("mine", "id int")
    own_table(world, "mine")
    glue = world.owner.client("glue")
    theirs, mine = (
        glue.get_table(DatabaseName=world.names["clinic"], Name=name)["Table"]
        for name in ("patients", "mine")
    )
    pointer = {**mine["Parameters"], "metadata_location": theirs["Parameters"]["metadata_location"]}
    entry = {"Name": "mine", "StorageDescriptor": mine["StorageDescriptor"], "Parameters": pointer}
    world.analyst.client("glue").update_table(DatabaseName=world.names["clinic"], TableInput=entry)
    refused = world.analyst.fails("SELECT * FROM mine")
    assert refused.startswith("Insufficient permissions to execute the query.")


def test_nobodys_statement_reaches_the_files_of_this_machine(world):
    assert world.owner.fails("SELECT * FROM read_text('/etc/hostname')") == (
        "FUNCTION_NOT_FOUND: Table function 'read_text' not registered"
    )
    assert "disabled by config" in world.owner.fails(
        "SELECT l.content FROM results r CROSS JOIN LATERAL read_text('/etc/hostname') l"
    )

"""Data cells filters: what is refused when they are made, and what they let a reader see of the catalogue."""

from __future__ import annotations

import pytest

ROWS = {"RowFilter": {"FilterExpression": "state = 'VIC'"}}
EVERY_ROW = {"RowFilter": {"AllRowsWildcard": {}}}


def test_a_filter_shows_its_columns(place):
    place.grant(place.filter("some", **ROWS, ColumnNames=["id", "State"]), "SELECT")
    assert place.columns() == ["id", "state"]


def test_a_filter_with_a_wildcard_hides_what_it_excludes(place):
    place.grant(place.filter("most", **EVERY_ROW, ColumnWildcard={"ExcludedColumnNames": ["born"]}), "SELECT")
    assert place.columns() == ["id", "name", "state", "paid", "year"]


def test_several_filters_make_a_union_and_a_grant_of_the_table_outdoes_them(place):
    place.grant(place.filter("one", **ROWS, ColumnNames=["id"]), "SELECT")
    place.grant(place.filter("two", **EVERY_ROW, ColumnNames=["name"]), "SELECT")
    assert place.columns() == ["id", "name"]
    place.grant({"Table": place.table}, "SELECT")
    assert place.columns() == ["id", "name", "state", "born", "paid", "year"]


def test_a_filter_that_changes_or_goes_changes_what_is_seen(place):
    resource = place.filter("mine", **ROWS, ColumnNames=["id", "name"])
    place.grant(resource, "SELECT")
    key = resource["DataCellsFilter"]
    place.lake.update_data_cells_filter(TableData={**key, **ROWS, "ColumnNames": ["name"]})
    assert place.columns() == ["name"]
    place.lake.delete_data_cells_filter(**key)
    assert "Insufficient" in place.refusal(place.columns)
    held = place.lake.list_permissions(Principal={"DataLakePrincipalIdentifier": place.reader})
    assert held["PrincipalResourcePermissions"] == []


def test_the_filter_and_its_grant_go_with_the_table(place):
    place.grant(place.filter("mine", **ROWS, ColumnNames=["id"]), "SELECT")
    place.aws.client("glue").delete_table(DatabaseName=place.database, Name="people")
    assert place.lake.list_data_cells_filter(Table=place.table)["DataCellsFilters"] == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"RowFilter": {"FilterExpression": "state = "}, "ColumnWildcard": {}}, "cannot be parsed"),
        (
            {"RowFilter": {"FilterExpression": "nowhere = 1"}, "ColumnWildcard": {}},
            "no column 'nowhere'; it has born",
        ),
        ({"RowFilter": {"FilterExpression": "upper(state) = 'VIC'"}, "ColumnWildcard": {}}, "is no column"),
        ({"RowFilter": {"FilterExpression": "state = name"}, "ColumnWildcard": {}}, "is no constant"),
        (
            {"RowFilter": {"FilterExpression": "state = 1"}, "ColumnWildcard": {}},
            "state is a string, 1 is a number",
        ),
        (
            {"RowFilter": {"FilterExpression": "born = '2020-01-01'"}, "ColumnWildcard": {}},
            "cannot be filtered by",
        ),
        ({"RowFilter": {"FilterExpression": "year IS NULL"}, "ColumnWildcard": {}}, "partition column year"),
        ({"RowFilter": {"FilterExpression": "id IN (SELECT 1)"}, "ColumnWildcard": {}}, "is no comparison"),
        ({"RowFilter": {"FilterExpression": "1 = 1"}, "ColumnWildcard": {}}, "is no column"),
        ({"RowFilter": {"FilterExpression": "FALSE"}, "ColumnWildcard": {}}, "FALSE is no condition"),
        (
            {"RowFilter": {"FilterExpression": "id = 1; DROP TABLE x"}, "ColumnWildcard": {}},
            "not one condition",
        ),
        ({"RowFilter": {"FilterExpression": "id = " + "1" * 2100}, "ColumnWildcard": {}}, "fewer than 2048"),
        ({**EVERY_ROW, "ColumnNames": ["nowhere"]}, "has no nowhere; it has born"),
        ({**EVERY_ROW, "ColumnWildcard": {"ExcludedColumnNames": ["nmae"]}}, "has no nmae; it has born"),
        ({**EVERY_ROW, "ColumnNames": ["id"], "ColumnWildcard": {}}, "either ColumnNames or ColumnWildcard"),
        (EVERY_ROW, "either ColumnNames or ColumnWildcard"),
    ],
)
def test_an_unsound_filter_is_refused_with_what_is_wrong(place, content, reason):
    with pytest.raises(Exception, match=r"InvalidInputException|EntityNotFoundException") as caught:
        place.filter("bad", **content)
    assert reason in str(caught.value)


def test_a_grant_of_a_filter_that_does_not_exist_is_refused(place):
    resource = place.filter("there", **ROWS, ColumnNames=["id"])
    resource["DataCellsFilter"]["Name"] = "elsewhere"
    with pytest.raises(Exception, match="people/elsewhere does not exist"):
        place.grant(resource, "SELECT")


def test_columns_that_do_not_exist_cannot_be_granted(place):
    with pytest.raises(Exception, match="has no nowhere"):
        place.grant(place.resource("nowhere"), "SELECT")
    with pytest.raises(Exception, match="either ColumnNames or ColumnWildcard"):
        place.grant({"TableWithColumns": place.table}, "SELECT")


def test_whoever_only_describes_a_table_sees_its_whole_schema(place):
    place.grant({"Table": place.table}, "DESCRIBE")
    assert place.columns() == ["id", "name", "state", "born", "paid", "year"]


def test_listings_versions_and_search_hide_the_same_columns(place):
    place.grant(place.filter("some", **EVERY_ROW, ColumnNames=["id", "year"]), "SELECT")
    [listed] = place.glue.get_tables(DatabaseName=place.database)["TableList"]
    [version] = place.glue.get_table_versions(DatabaseName=place.database, TableName="people")[
        "TableVersions"
    ]
    found = place.glue.search_tables(SearchText="born")["TableList"]
    for table in (listed, version["Table"]):
        assert [column["Name"] for column in table["StorageDescriptor"]["Columns"]] == ["id"]
    assert place.database not in [table["DatabaseName"] for table in found]


def partition(place):
    descriptor = {
        "Columns": [{"Name": "id", "Type": "int"}, {"Name": "name", "Type": "string"}],
        "Location": "s3://x/y",
    }
    place.aws.client("glue").create_partition(
        DatabaseName=place.database,
        TableName="people",
        PartitionInput={"Values": ["2020"], "StorageDescriptor": descriptor},
    )
    return {"DatabaseName": place.database, "TableName": "people"}


def test_partitions_hide_the_same_columns(place):
    about = partition(place)
    place.grant(place.filter("some", **EVERY_ROW, ColumnNames=["id", "year"]), "SELECT")
    for found in (
        place.glue.get_partitions(**about)["Partitions"][0],
        place.glue.get_partition(**about, PartitionValues=["2020"])["Partition"],
        place.glue.batch_get_partition(**about, PartitionsToGet=[{"Values": ["2020"]}])["Partitions"][0],
    ):
        assert [column["Name"] for column in found["StorageDescriptor"]["Columns"]] == ["id"]


@pytest.mark.parametrize("content", [{**ROWS, "ColumnWildcard": {}}, {**EVERY_ROW, "ColumnNames": ["id"]}])
def test_partitions_are_refused_where_they_would_tell_hidden_rows_or_values(place, content):
    about = partition(place)
    place.grant(place.filter("some", **content), "SELECT")
    assert "Required Select on people (all columns and rows" in place.refusal(
        place.glue.get_partitions, **about
    )
    assert "Required Select" in place.refusal(place.glue.get_partition, **about, PartitionValues=["2020"])


def test_column_statistics_need_select_on_the_column_and_on_every_row(place):
    about = {"DatabaseName": place.database, "TableName": "people"}
    ask = place.glue.get_column_statistics_for_table
    place.grant({"Table": place.table}, "DESCRIBE")
    assert "Required Select on people" in place.refusal(ask, **about, ColumnNames=["id"])
    place.grant(place.filter("some", **EVERY_ROW, ColumnNames=["id"]), "SELECT")
    assert "Errors" in ask(**about, ColumnNames=["id"])
    assert "Required Select on people" in place.refusal(ask, **about, ColumnNames=["id", "name"])


def test_a_reader_through_a_filter_cannot_replace_the_definition_it_does_not_see(place):
    place.grant({"Table": place.table}, "ALTER", "DESCRIBE")
    place.grant(place.filter("some", **EVERY_ROW, ColumnNames=["id"]), "SELECT")
    reason = place.refusal(
        place.glue.update_table,
        DatabaseName=place.database,
        TableInput={"Name": "people", "Description": "x"},
    )
    assert "would drop the columns it does not see" in reason


def test_credentials_for_whole_files_are_not_vended_to_a_reader_through_a_filter(place):
    arn = f"arn:aws:glue:ap-southeast-2:000000000000:table/{place.database}/people"
    place.grant(place.filter("some", **ROWS, ColumnNames=["id"]), "SELECT")
    ask = place.aws.client_as(place.reader, "lakeformation").get_temporary_glue_table_credentials
    reason = place.refusal(ask, TableArn=arn, Permissions=["SELECT"])
    assert "PermissionTypeMismatchException" in reason
    assert "CELL_FILTER_PERMISSION" in reason


def test_the_iceberg_rest_endpoint_is_the_accounts_alone(place):
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.httpsession import URLLib3Session

    session = place.aws.session_as(place.reader)
    url = f"{place.aws.endpoint.plain_endpoint}/iceberg/v1/catalogs/000000000000/namespaces/{place.database}/tables"
    request = AWSRequest(method="GET", url=url)
    SigV4Auth(session.get_credentials(), "glue", "ap-southeast-2").add_auth(request)
    answer = URLLib3Session().send(request.prepare())
    assert (answer.status_code, "to the account only" in answer.text) == (403, True)

"""Grants, locations, settings, table versions and crawls outlive a restart."""

from __future__ import annotations

from local import process
from tests.unit.local.conftest import Aws
from tests.waiting import until


def test_the_catalog_and_its_permissions_outlive_a_restart(lasting):
    role = "arn:aws:iam::000000000000:role/analyst"
    aws = Aws(endpoint=process.start(lasting, auth=False))
    glue, lake = aws.client("glue"), aws.client("lakeformation")
    lake.put_data_lake_settings(DataLakeSettings={"DataLakeAdmins": [{"DataLakePrincipalIdentifier": role}]})
    lake.register_resource(ResourceArn="arn:aws:s3:::lake", RoleArn=role)
    glue.create_database(DatabaseInput={"Name": "db"})
    glue.create_table(DatabaseName="db", TableInput={"Name": "t"})
    glue.update_table(DatabaseName="db", TableInput={"Name": "t", "Description": "second"})
    table = {"Table": {"DatabaseName": "db", "Name": "t"}}
    principal = {"DataLakePrincipalIdentifier": role}
    lake.grant_permissions(Principal=principal, Resource=table, Permissions=["SELECT"])
    targets = {"S3Targets": [{"Path": "s3://nowhere/x/"}]}
    glue.create_crawler(Name="c", Role=role, DatabaseName="db", Targets=targets)
    glue.start_crawler(Name="c")
    until(lambda: glue.get_crawler(Name="c")["Crawler"]["State"] == "READY")
    process.stop(lasting)
    aws = Aws(endpoint=process.start(lasting, auth=False))
    glue, lake = aws.client("glue"), aws.client("lakeformation")
    assert lake.get_data_lake_settings()["DataLakeSettings"]["DataLakeAdmins"] == [principal]
    assert lake.describe_resource(ResourceArn="arn:aws:s3:::lake")["ResourceInfo"]["RoleArn"] == role
    [held] = lake.list_permissions(Principal=principal, Resource=table)["PrincipalResourcePermissions"]
    assert held["Permissions"] == ["SELECT"]
    assert len(glue.get_table_versions(DatabaseName="db", TableName="t")["TableVersions"]) == 2
    assert glue.list_crawls(CrawlerName="c")["Crawls"][0]["State"] == "FAILED"


def test_tags_expressions_and_filters_outlive_a_restart(lasting):
    aws = Aws(endpoint=process.start(lasting, auth=False))
    glue, lake = aws.client("glue"), aws.client("lakeformation")
    glue.create_database(DatabaseInput={"Name": "tagged"})
    columns = [{"Name": name, "Type": "string"} for name in ("a", "b")]
    glue.create_table(
        DatabaseName="tagged", TableInput={"Name": "t", "StorageDescriptor": {"Columns": columns}}
    )
    lake.create_lf_tag(TagKey="k", TagValues=["low", "high"])
    low, high = ({"TagKey": "k", "TagValues": [value]} for value in ("low", "high"))
    lake.add_lf_tags_to_resource(Resource={"Database": {"Name": "tagged"}}, LFTags=[low])
    one = {"TableWithColumns": {"DatabaseName": "tagged", "Name": "t", "ColumnNames": ["b"]}}
    lake.add_lf_tags_to_resource(Resource=one, LFTags=[high])
    lake.create_lf_tag_expression(Name="e", Expression=[low])
    cells = {"TableCatalogId": "000000000000", "DatabaseName": "tagged", "TableName": "t", "Name": "f"}
    rows = {"FilterExpression": "a = 'x'"}
    lake.create_data_cells_filter(TableData={**cells, "RowFilter": rows, "ColumnNames": ["a"]})
    process.stop(lasting)
    aws = Aws(endpoint=process.start(lasting, auth=False))
    lake = aws.client("lakeformation")
    told = lake.get_resource_lf_tags(Resource={"Table": {"DatabaseName": "tagged", "Name": "t"}})
    values = {column["Name"]: column["LFTags"][0]["TagValues"] for column in told["LFTagsOnColumns"]}
    assert values == {"a": ["low"], "b": ["high"]}
    assert lake.get_lf_tag_expression(Name="e")["Expression"] == [low]
    assert lake.get_data_cells_filter(**cells)["DataCellsFilter"]["RowFilter"] == rows

"""Crawlers read what is on S3 and write what they found."""

from __future__ import annotations

import io
import json
import uuid
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.waiting import until


def parquet(**columns: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


@dataclass
class Lake:
    """A bucket, a database and a crawler over them."""

    aws: Any
    name: str
    role: str

    def put(self, key: str, body: bytes) -> None:
        self.aws.client("s3").put_object(Bucket=self.name, Key=key, Body=body)

    def crawler(self, path: str = "flights/", **settings: Any) -> None:
        self.aws.client("glue").create_crawler(
            Name=self.name,
            Role=self.role,
            DatabaseName=self.name,
            Targets={"S3Targets": [{"Path": f"s3://{self.name}/{path}", **settings.pop("target", {})}]},
            **settings,
        )

    def crawl(self) -> dict[str, Any]:
        glue = self.aws.client("glue")
        glue.start_crawler(Name=self.name)
        until(lambda: glue.get_crawler(Name=self.name)["Crawler"]["State"] == "READY", every=0.02)
        return dict(glue.get_crawler(Name=self.name)["Crawler"]["LastCrawl"])

    def table(self, name: str = "flights") -> dict[str, Any]:
        return self.aws.client("glue").get_table(DatabaseName=self.name, Name=name)["Table"]

    def columns(self, name: str = "flights") -> dict[str, str]:
        return {c["Name"]: c["Type"] for c in self.table(name)["StorageDescriptor"]["Columns"]}

    def partitions(self, name: str = "flights") -> list[dict[str, Any]]:
        return self.aws.client("glue").get_partitions(DatabaseName=self.name, TableName=name)["Partitions"]


@pytest.fixture
def lake(aws: Any) -> Lake:
    name = f"lake-{uuid.uuid4().hex[:8]}"
    aws.client("s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"}
    )
    aws.client("glue").create_database(DatabaseInput={"Name": name})
    return Lake(aws=aws, name=name, role=aws.role(service="glue.amazonaws.com"))


DAY = "flights/source=bts/ingest_date=2013-01-01/run_id=1/part-0.parquet"
NEXT = "flights/source=bts/ingest_date=2013-01-02/run_id=2/part-0.parquet"


def test_a_crawl_makes_one_table_of_hive_folders_with_typed_columns(lake):
    lake.put(DAY, parquet(Carrier=["UA"], delay=pa.array([1], pa.int64()), on=[True]))
    lake.crawler()
    assert lake.crawl()["Status"] == "SUCCEEDED"
    assert lake.columns() == {"carrier": "string", "delay": "bigint", "on": "boolean"}
    assert [key["Name"] for key in lake.table()["PartitionKeys"]] == ["source", "ingest_date", "run_id"]
    assert lake.partitions()[0]["Values"] == ["bts", "2013-01-01", "1"]
    assert lake.table()["Parameters"]["classification"] == "parquet"
    assert lake.partitions()[0]["Parameters"]["recordCount"] == "1"


def test_each_partition_keeps_its_own_columns_and_the_table_has_all_of_them(lake):
    lake.put(DAY, parquet(carrier=["UA"], delay=pa.array([1], pa.int32())))
    lake.put(NEXT, parquet(carrier=["UA"], delay=["late"], extra=[1.5]))
    lake.crawler()
    lake.crawl()
    held = {p["Values"][1]: p["StorageDescriptor"]["Columns"] for p in lake.partitions()}
    assert held["2013-01-01"] == [{"Name": "carrier", "Type": "string"}, {"Name": "delay", "Type": "int"}]
    assert {"Name": "delay", "Type": "string"} in held["2013-01-02"]
    assert lake.columns() == {"carrier": "string", "delay": "string", "extra": "double"}


def test_a_file_that_is_no_parquet_marks_its_partition_unknown(lake):
    lake.put(DAY, parquet(carrier=["UA"]))
    lake.put(NEXT, b"PAR1 but not really")
    lake.crawler()
    assert lake.crawl()["Status"] == "SUCCEEDED"
    broken = next(p for p in lake.partitions() if p["Values"][1] == "2013-01-02")
    assert broken["Parameters"]["classification"] == "UNKNOWN"
    assert broken["StorageDescriptor"]["Columns"] == []
    assert lake.columns() == {"carrier": "string"}


def test_a_second_crawl_sees_a_changed_file_and_a_new_day(lake):
    lake.put(DAY, parquet(carrier=["UA"]))
    lake.crawler()
    lake.crawl()
    lake.put(DAY, parquet(carrier=["UA"], tail=["N1"]))
    lake.put(NEXT, parquet(carrier=["AA"]))
    lake.crawl()
    assert lake.columns() == {"carrier": "string", "tail": "string"}
    assert len(lake.partitions()) == 2


def test_new_folders_only_leaves_known_partitions_and_the_table_alone(lake):
    log = {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}
    lake.put(DAY, parquet(carrier=["UA"]))
    lake.crawler(RecrawlPolicy={"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"}, SchemaChangePolicy=log)
    lake.crawl()
    lake.put(DAY, parquet(carrier=["UA"], tail=["N1"]))
    lake.put(NEXT, parquet(carrier=["AA"], tail=["N1"]))
    lake.crawl()
    held = {p["Values"][1]: len(p["StorageDescriptor"]["Columns"]) for p in lake.partitions()}
    assert held == {"2013-01-01": 1, "2013-01-02": 2}
    assert lake.columns() == {"carrier": "string"}


def test_new_folders_only_needs_log_behaviours_as_on_aws(lake):
    with pytest.raises(Exception, match="can have only LOG"):
        lake.crawler(RecrawlPolicy={"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"})


def test_csv_and_json_lines_are_inferred(lake):
    lake.put("in/airports/a.csv", b"faa,lat,tz\nJFK,40.6,-5\nLGA,40.7,-5\n")
    lake.put("in/events/e.json", b'{"id": 1, "at": "x"}\n{"id": 3000000000, "tags": ["a"]}\n')
    lake.crawler("in/")
    lake.crawl()
    assert lake.columns("airports") == {"faa": "string", "lat": "double", "tz": "bigint"}
    assert lake.table("airports")["Parameters"]["skip.header.line.count"] == "1"
    assert lake.columns("events") == {"id": "bigint", "at": "string", "tags": "array<string>"}


def test_partitions_whose_objects_are_gone_follow_the_delete_behavior(lake):
    lake.put(DAY, parquet(carrier=["UA"]))
    lake.put(NEXT, parquet(carrier=["UA"]))
    policy = {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DELETE_FROM_DATABASE"}
    lake.crawler(SchemaChangePolicy=policy)
    lake.crawl()
    lake.aws.client("s3").delete_object(Bucket=lake.name, Key=NEXT)
    lake.crawl()
    assert [p["Values"][1] for p in lake.partitions()] == ["2013-01-01"]


def test_inherited_columns_and_merged_new_columns_follow_the_configuration(lake):
    output = {
        "Partitions": {"AddOrUpdateBehavior": "InheritFromTable"},
        "Tables": {"AddOrUpdateBehavior": "MergeNewColumns"},
    }
    lake.put(DAY, parquet(carrier=["UA"], delay=pa.array([1], pa.int32())))
    lake.crawler(Configuration=json.dumps({"Version": 1.0, "CrawlerOutput": output}))
    lake.crawl()
    lake.put(NEXT, parquet(carrier=["UA"], delay=[1.5], extra=["x"]))
    lake.crawl()
    assert lake.columns() == {"carrier": "string", "delay": "int", "extra": "string"}
    assert all(len(p["StorageDescriptor"]["Columns"]) >= 2 for p in lake.partitions())


def test_excluded_and_hidden_objects_are_not_read(lake):
    lake.put("in/data/a.csv", b"a,b\n1,2\n")
    lake.put("in/data/_SUCCESS", b"x")
    lake.put("in/data/skip.tmp", b"not a table")
    lake.crawler("in/", target={"Exclusions": ["**.tmp"]})
    lake.crawl()
    assert lake.columns("data") == {"a": "bigint", "b": "bigint"}


def test_a_running_crawler_cannot_be_started_again(lake):
    lake.put(DAY, parquet(carrier=["UA"]))
    lake.crawler()
    glue = lake.aws.client("glue")
    for n in range(40):
        lake.put(f"flights/source=bts/ingest_date=2013-02-01/run_id={n}/p.parquet", parquet(carrier=["UA"]))
    glue.start_crawler(Name=lake.name)
    with pytest.raises(glue.exceptions.CrawlerRunningException):
        glue.start_crawler(Name=lake.name)
    glue.stop_crawler(Name=lake.name)


def test_a_missing_bucket_fails_the_crawl_with_its_reason(lake):
    lake.aws.client("glue").create_crawler(
        Name=lake.name,
        Role=lake.role,
        DatabaseName=lake.name,
        Targets={"S3Targets": [{"Path": "s3://no-such-bucket/x/"}]},
    )
    last = lake.crawl()
    assert last["Status"] == "FAILED"
    assert "NoSuchBucket" in last["ErrorMessage"]


def test_crawls_are_listed_with_what_they_changed(lake):
    lake.put(DAY, parquet(carrier=["UA"]))
    lake.crawler()
    lake.crawl()
    glue = lake.aws.client("glue")
    [crawl] = glue.list_crawls(CrawlerName=lake.name)["Crawls"]
    assert crawl["State"] == "COMPLETED"
    assert json.loads(crawl["Summary"])["TABLE"]["ADD"]["Count"] == 1
    assert (
        glue.get_crawler_metrics(CrawlerNameList=[lake.name])["CrawlerMetricsList"][0]["TablesCreated"] == 1
    )


def test_a_crawler_deploys_changes_and_goes_with_its_template(lake):
    def template(**changes):
        properties = {
            "Name": f"{lake.name}-crawler",
            "Role": lake.role,
            "DatabaseName": lake.name,
            "Targets": {"S3Targets": [{"Path": f"s3://{lake.name}/flights/", "Exclusions": ["**.tmp"]}]},
            "SchemaChangePolicy": {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"},
            "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
            "CrawlerSecurityConfiguration": "none",
            "Tags": {"owner": "data"},
            **changes,
        }
        return {"Crawler": {"Type": "AWS::Glue::Crawler", "Properties": properties}}

    glue, name = lake.aws.client("glue"), f"{lake.name}-crawler"
    stack = lake.aws.deploy(template(TablePrefix="x_"))
    assert glue.get_crawler(Name=name)["Crawler"]["TablePrefix"] == "x_"
    lake.aws.deploy(template(Description="second", Tags={"owner": "ops"}), stack=stack)
    changed = glue.get_crawler(Name=name)["Crawler"]
    assert (changed["Description"], changed.get("TablePrefix")) == ("second", None)
    arn = f"arn:aws:glue:ap-southeast-2:000000000000:crawler/{name}"
    assert glue.get_tags(ResourceArn=arn)["Tags"]["owner"] == "ops"
    lake.aws.delete(stack)
    assert name not in glue.list_crawlers()["CrawlerNames"]


def test_an_unlisted_crawler_property_refuses_the_template(lake):
    properties = {"Role": lake.role, "Targets": {"JdbcTargets": [{"Path": "db/%"}]}}
    with pytest.raises(Exception, match=r"Crawler \(AWS::Glue::Crawler\): Targets.JdbcTargets"):
        lake.aws.deploy({"Crawler": {"Type": "AWS::Glue::Crawler", "Properties": properties}})

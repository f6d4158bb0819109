"""Committed files are merged by whoever has the right to, and nobody returns before its own are."""

from __future__ import annotations

import json
import threading
import uuid

import pytest
from stream_loader import lease as lease_module
from stream_loader.athena import Athena, MergeFailed
from stream_loader.backlog import Backlog
from stream_loader.dead_letters import DeadLetters
from stream_loader.files import Files
from stream_loader.items import Items
from stream_loader.lease import Lease
from stream_loader.ledger import Ledger
from stream_loader.loader import Loader, Parts, WrongTopic
from stream_loader.merge import Merge, OutOfTime
from stream_loader.postponement import Postponement

from tests.stream_records import TOPIC, avro, column, event, framed, message, plan_of, record_schema
from tests.unit.local.athena.conftest import Athena as Console

SCHEMA = record_schema(order_id="long", status="string")
COLUMNS = [column("order_id", "bigint"), column("status", "string")]
MERGE = """MERGE INTO {database}.staged AS t USING (
  SELECT order_id, status, "_position" FROM (
    SELECT *, row_number() OVER (PARTITION BY order_id ORDER BY "_position" DESC) AS place FROM {database}.raw
    WHERE ingest_date IN ({{days}}) AND "$path" IN ({{paths}})) AS r WHERE place = 1) AS s
ON t.order_id = s.order_id
WHEN MATCHED AND s."_position" > t."_position" THEN UPDATE SET status = s.status, "_position" = s."_position"
WHEN NOT MATCHED THEN INSERT (order_id, status, "_position") VALUES (s.order_id, s.status, s."_position")"""
RAW = """CREATE EXTERNAL TABLE raw (order_id bigint, status string, `_operation` string, `_position` string,
  `_committed_at` timestamp, `_topic` string, `_partition` int, `_offset` bigint, `_schema_version` string)
PARTITIONED BY (ingest_date string) STORED AS PARQUET LOCATION 's3://{bucket}/orders/'
TBLPROPERTIES ('projection.enabled'='true', 'projection.ingest_date.type'='date',
  'projection.ingest_date.format'='yyyy-MM-dd', 'projection.ingest_date.range'='2025-12-01,2026-12-31',
  'storage.location.template'='s3://{bucket}/orders/source=shop/ingest_date=${{ingest_date}}/')"""


class Lake:
    """A raw bucket, its table, an Iceberg table and a ledger of the embedded AWS."""

    def __init__(self, aws, registry):
        self.aws, self.registry = aws, registry
        unique = uuid.uuid4().hex[:8]
        self.bucket, self.table, self.workgroup = f"raw-{unique}", f"ledger-{unique}", f"loader-{unique}"
        place = {"LocationConstraint": "ap-southeast-2"}
        aws.client("s3").create_bucket(Bucket=self.bucket, CreateBucketConfiguration=place)
        keys = {"dataset": "HASH", "ingest_date": "RANGE"}
        aws.client("dynamodb").create_table(
            TableName=self.table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
        )
        results = {"ResultConfiguration": {"OutputLocation": f"s3://{self.bucket}/results/"}}
        aws.client("athena").create_work_group(Name=self.workgroup, Configuration=results)
        self.database = f"db_{unique}"
        aws.client("glue").create_database(DatabaseInput={"Name": self.database})
        self.console = Console(aws, workgroup=self.workgroup, database=self.database)
        self.console.run(RAW.format(bucket=self.bucket))
        location = f"s3://{self.bucket}/staged/"
        self.console.run(
            f"CREATE TABLE staged (order_id bigint, status string, `_position` string) LOCATION '{location}' "
            "TBLPROPERTIES ('table_type'='ICEBERG')"
        )
        self.version = registry.version(SCHEMA)
        self.items = Items(aws.client("dynamodb"), table=self.table, topic=TOPIC)
        self.files = Files(self.items)

    def loader(self, sql=MERGE, backlog=None):
        statements = [{"name": "staged", "sql": sql.format(database=self.database)}]
        raw = {"bucket": self.bucket, "prefix": "orders/", "database": self.database, "table": "raw"}
        plan = plan_of(COLUMNS, raw=raw, statements=statements)
        letters = DeadLetters(dict, topic=plan.dead_letters, group="loader", loader="test")
        return Loader(
            Parts(
                plan=plan,
                s3=self.aws.client("s3"),
                judge=self.registry.judge(plan),
                items=self.items,
                ledger=Ledger(self.items),
                files=self.files,
                dead_letters=letters,
                merge=Merge(plan, self.files, Athena(self.aws.client("athena"), self.workgroup)),
                postponement=Postponement(backlog or Backlog(dict, topic=TOPIC, group="loader")),
            )
        )

    def record(self, offset, order, status, *, partition=0, lsn=None):
        value = framed(self.version, avro(SCHEMA, {"order_id": order, "status": status}))
        said = {"__op": b"c", "__source_lsn": str(lsn or offset).encode(), "__source_ts_ms": b"1767268800000"}
        return message(offset, json.dumps({"order_id": order}).encode(), value, said, partition=partition)

    def load(self, *records, sql=MERGE, seconds=60.0):
        return self.loader(sql).load(event(*records), call=uuid.uuid4().hex, seconds_left=lambda: seconds)

    def staged(self):
        rows = self.console.rows("SELECT order_id, status FROM staged ORDER BY order_id")
        return {int(order): status for order, status in rows}


class Ahead:
    """A topic that holds more, until it ends."""

    ended = False

    def holds_more(self, _):
        return not self.ended


@pytest.fixture
def lake(aws, registry):
    return Lake(aws, registry)


def test_rows_are_staged_when_the_call_returns(lake):
    done = lake.load(lake.record(0, 1, "open"), lake.record(1, 2, "open"), lake.record(2, 1, "paid"))

    assert done == {
        "records": 3,
        "rows": 3,
        "deletions": 0,
        "dead_letters": 0,
        "duplicates": 0,
        "warnings": 0,
        "merged_files": 1,
    }
    assert lake.staged() == {1: "paid", 2: "open"}
    assert not lake.files.pending(0)


def test_a_batch_that_comes_again_changes_nothing_and_merges_nothing(lake):
    records = [lake.record(0, 1, "open"), lake.record(1, 1, "paid")]
    lake.load(*records)

    done = lake.load(*records)

    assert (done["duplicates"], done["merged_files"], lake.staged()) == (2, 0, {1: "paid"})


def test_files_of_several_partitions_are_merged_in_one_go(lake):
    done = lake.load(
        lake.record(0, 1, "open"),
        lake.record(0, 2, "open", partition=1),
        lake.record(5, 3, "open", partition=10),
    )

    assert done["merged_files"] == 3
    assert set(lake.staged()) == {1, 2, 3}


def test_what_a_failed_merge_left_is_merged_by_the_next_attempt(lake):
    records = [lake.record(0, 1, "open")]
    with pytest.raises(MergeFailed, match=r"query .* FAILED"):
        lake.load(*records, sql="SELECT * FROM {database}.nowhere WHERE x IN ({{paths}})")
    assert lake.files.pending(0)

    done = lake.load(*records)

    assert (done["duplicates"], done["merged_files"], lake.staged()) == (1, 1, {1: "open"})


def test_a_function_that_dies_between_merge_and_mark_leaves_rows_that_merge_again(lake, monkeypatch):
    with monkeypatch.context() as dying:
        dying.setattr(Files, "merged", lambda *_: (_ for _ in ()).throw(RuntimeError("died")))
        with pytest.raises(RuntimeError, match="died"):
            lake.load(lake.record(0, 1, "open"))
    assert lake.staged() == {1: "open"}

    lake.load(lake.record(1, 1, "paid"))

    assert lake.staged() == {1: "paid"}
    assert not lake.files.pending(0)


def test_who_has_not_the_right_to_merge_waits_until_its_files_are(lake):
    other = Lease(lake.items, "another call")
    assert other.take()
    done = []
    waiting = threading.Thread(target=lambda: done.append(lake.load(lake.record(0, 1, "open"))))
    waiting.start()
    waiting.join(3)
    assert waiting.is_alive()
    assert lake.staged() == {}

    other.free()
    waiting.join(60)

    assert done[0]["merged_files"] == 1
    assert lake.staged() == {1: "open"}


def test_who_runs_out_of_time_raises_and_its_batch_is_known_when_it_comes_again(lake):
    other = Lease(lake.items, "another call")
    assert other.take()
    with pytest.raises(OutOfTime):
        lake.load(lake.record(0, 1, "open"), seconds=0)
    other.free()

    done = lake.load(lake.record(0, 1, "open"))

    assert (done["duplicates"], done["merged_files"]) == (1, 1)


def test_the_right_of_a_call_that_died_ends_by_itself(lake, monkeypatch):
    monkeypatch.setattr(lease_module, "SECONDS", 1)
    assert Lease(lake.items, "died").take()
    assert not Lease(lake.items, "next").take()

    done = lake.load(lake.record(0, 1, "open"))

    assert done["merged_files"] == 1


def test_the_right_is_prolonged_by_its_owner_and_freed_by_nobody_else(lake):
    ours, theirs = Lease(lake.items, "ours"), Lease(lake.items, "theirs")
    assert ours.take()
    assert ours.take()

    theirs.free()

    assert not theirs.take()
    ours.free()
    assert theirs.take()


def test_calls_at_one_time_merge_every_file_once(lake):
    done = []

    def load(partition):
        done.append(
            lake.load(*(lake.record(n, 10 * partition + n, "open", partition=partition) for n in range(3)))
        )

    calls = [threading.Thread(target=load, args=(partition,)) for partition in range(4)]
    for call in calls:
        call.start()
    for call in calls:
        call.join(120)

    assert sum(each["merged_files"] for each in done) == 4
    assert len(lake.staged()) == 12


def test_while_a_topic_is_far_ahead_batches_are_committed_and_its_last_one_merges_them_all(lake, capsys):
    ahead = Ahead()
    loader = lake.loader(backlog=ahead)

    def load(offset, order):
        return loader.load(
            event(lake.record(offset, order, "open")), call=f"call-{offset}", seconds_left=lambda: 60.0
        )["merged_files"]

    assert load(0, 1) == 1
    assert [load(1, 2), load(2, 3)] == [0, 0]
    assert lake.staged() == {1: "open"}
    ahead.ended = True
    capsys.readouterr()
    assert load(3, 4) == 3
    assert set(lake.staged()) == {1, 2, 3, 4}
    [figures] = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert len(figures["FreshnessSeconds"]) == 3


def test_what_was_left_to_a_call_that_never_came_is_merged_by_the_next_look(lake):
    loader = lake.loader(backlog=Ahead())
    for offset in range(2):
        one = lake.record(offset, offset, "open")
        loader.load(event(one), call=f"call-{offset}", seconds_left=lambda: 60.0)
    assert set(lake.staged()) == {0}

    busy = Lease(lake.items, "another call")
    assert busy.take()
    assert lake.loader().merge_left(call="look") == 0
    busy.free()

    assert [lake.loader().merge_left(call="look") for _ in range(2)] == [1, 0]
    assert set(lake.staged()) == {0, 1}


def test_an_event_of_another_topic_is_refused(lake):
    record = {**lake.record(0, 1, "open"), "topic": "retail.customers.v1"}

    with pytest.raises(WrongTopic, match=r"retail\.customers\.v1"):
        lake.load(record)


def test_figures_stand_in_the_log_as_embedded_metrics(lake, capsys):
    lake.load(lake.record(0, 1, "open"), lake.record(1, 1, "paid"))

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    [figures] = lines
    assert figures["dataset"] == "retail.orders"
    assert (figures["Records"], figures["Rows"], figures["DeadLetters"]) == ([2.0], [2.0], [0.0])
    assert len(figures["FreshnessSeconds"]) == 2
    assert figures["MergeSeconds"][0] > 0
    assert figures["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "DataPlatform"
    assert figures["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["dataset"]]

"""Athena on a running server, in a few words: run a statement, wait, look at its rows."""

from __future__ import annotations

import io
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.waiting import until

if TYPE_CHECKING:
    import boto3

    from tests.unit.local.athena.hostile_world import World

RESULTS = "athena-results"
LAKE = "athena-lake"


class QueryFailed(AssertionError):
    """The statement ended FAILED or CANCELLED; its text is Athena's reason."""


@dataclass
class Answer:
    execution: dict[str, Any]
    page: dict[str, Any] | None

    @property
    def columns(self) -> list[str]:
        return [column["Name"] for column in self._info]

    @property
    def types(self) -> list[str]:
        return [column["Type"] for column in self._info]

    @property
    def rows(self) -> list[list[str | None]]:
        rows = [
            [datum.get("VarCharValue") for datum in row["Data"]] for row in self.page["ResultSet"]["Rows"]
        ]
        return rows[1:] if self.execution["SubstatementType"] in {"SELECT", "EXECUTE"} else rows

    @property
    def count(self) -> int:
        return self.page["UpdateCount"]

    @property
    def scanned(self) -> int:
        return self.execution["Statistics"]["DataScannedInBytes"]

    @property
    def _info(self) -> list[dict[str, Any]]:
        return self.page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]


@dataclass
class Athena:
    """One caller of Athena, in a database of its own."""

    aws: Any
    session: boto3.Session | None = None
    database: str = ""
    workgroup: str = "primary"
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self.aws.client(service, session=self.session)
        return self._clients[service]

    def start(self, sql: str, **more: Any) -> str:
        if self.workgroup == "primary":
            more.setdefault("ResultConfiguration", {"OutputLocation": f"s3://{RESULTS}/"})
        context = {"Database": self.database}
        started = self.client("athena").start_query_execution(
            QueryString=sql, QueryExecutionContext=context, WorkGroup=self.workgroup, **more
        )
        return started["QueryExecutionId"]

    def wait(self, query_id: str) -> dict[str, Any]:
        def ended() -> dict[str, Any] | None:
            seen = self.client("athena").get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            return None if seen["Status"]["State"] in {"QUEUED", "RUNNING"} else seen

        return dict(until(ended, after=0.05))  # a look costs a tenth of what the query does

    def run(self, sql: str, **more: Any) -> Answer:
        execution = self.wait(self.start(sql, **more))
        if execution["Status"]["State"] != "SUCCEEDED":
            raise QueryFailed(execution["Status"].get("StateChangeReason", ""))
        page = self.client("athena").get_query_results(QueryExecutionId=execution["QueryExecutionId"])
        return Answer(execution, page)

    def rows(self, sql: str) -> list[list[str | None]]:
        return self.run(sql).rows

    def fails(self, sql: str, **more: Any) -> str:
        with pytest.raises(QueryFailed) as caught:
            self.run(sql, **more)
        return str(caught.value)

    def place(self, name: str) -> str:
        return f"s3://{LAKE}/{self.database}/{name}/"

    def put_parquet(self, key: str, table: pa.Table) -> int:
        sink = io.BytesIO()
        pq.write_table(table, sink)
        self.aws.client("s3").put_object(Bucket=LAKE, Key=f"{self.database}/{key}", Body=sink.getvalue())
        return len(sink.getvalue())

    def iceberg(self, name: str, columns: str, *, partitioned: str = "") -> None:
        by = f"PARTITIONED BY ({partitioned})" if partitioned else ""
        self.run(
            f"CREATE TABLE {name} ({columns}) {by} LOCATION '{self.place(name)}' TBLPROPERTIES ('table_type'='ICEBERG')"
        )


def _ready(aws: Any) -> None:
    s3 = aws.client("s3")
    existing = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    for name in {RESULTS, LAKE} - existing:
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": aws.endpoint.region})


def _in_fresh_database(aws: Any) -> Athena:
    _ready(aws)
    made = Athena(aws=aws, database=f"db_{uuid.uuid4().hex[:8]}")
    made.client("glue").create_database(DatabaseInput={"Name": made.database})
    return made


@pytest.fixture
def athena(aws: Any) -> Athena:
    """The account's root, without authorisation, in a fresh database."""
    return _in_fresh_database(aws)


@pytest.fixture
def secured_athena(secured_aws: Any) -> Athena:
    """The account's root on a server that enforces IAM, in a fresh database."""
    return _in_fresh_database(secured_aws)


@pytest.fixture(scope="session")
def world(secured_aws: Any) -> World:
    """Secrets, an analyst who may see a part, and a shadow that holds only that part, on a server that enforces IAM."""
    from tests.unit.local.athena import hostile_world

    return hostile_world.build(secured_aws)

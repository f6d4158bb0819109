"""The deployed platform as an operator sees it: clients by role, deliveries, runs, answers."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from botocore.config import Config

from data_platform.contracts.naming import Naming
from data_platform.contracts.odcs import load_domains
from operations.connection import connect
from operations.laptop import flow, landing, nycflights
from operations.laptop.shop_database import trading
from operations.laptop.sources import SOURCES, demo_days
from tests.aws_sessions import session
from tests.waiting import until

if TYPE_CHECKING:
    import boto3

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = "000000000000"
REGION = "ap-southeast-2"
SETTLED = {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}
_clients: dict[tuple[str, str, str], Any] = {}
_sessions: dict[tuple[str, int], boto3.Session] = {}


@dataclass
class Run:
    """One ended execution."""

    status: str
    error: str
    cause: str
    output: dict[str, Any]
    arn: str


class Platform:
    """The deployed platform and one of its domains as an operator sees them: clients by role, deliveries, runs, answers."""

    def __init__(self, state: Path, domain: str = "aviation") -> None:
        self.state = state
        self.names = Naming(organisation="dp", environment="local", domain=domain, account=ACCOUNT)
        self.domain = next(d for d in load_domains(ROOT / "domains") if d.name == domain)
        self.sources = SOURCES
        self.root = session(ACCOUNT, "test", region=REGION)

    def of(self, domain: str) -> Platform:
        """The same platform, looking at another domain."""
        return Platform(self.state, domain)

    @property
    def endpoint(self) -> dict[str, Any]:
        """Where the embedded AWS listens now: a restart may move it."""
        return json.loads((self.state / "endpoint.json").read_text())

    @property
    def connection(self) -> Any:
        """The same place for what `operations` does."""
        return connect("local", state=self.state)

    def client(self, service: str, session: boto3.Session | None = None, *, plain: bool = False) -> Any:
        """A client of the session, or of the account's root; it is kept, as making one costs 50 ms."""
        address = self.endpoint["plain_endpoint" if plain else "endpoint"]
        asked = session or self.root
        key = (asked.get_credentials().access_key, service, address)
        if key not in _clients:
            _clients[key] = self._client(asked, service, address)
        return _clients[key]

    def _client(self, session: boto3.Session, service: str, address: str) -> Any:
        return session.client(
            service,
            endpoint_url=address,
            verify=self.endpoint["ca"],
            config=Config(retries={"max_attempts": 2}, s3={"addressing_style": "path"}),
        )

    def as_role(self, duty: str) -> boto3.Session:
        """A session of one of the domain's roles (for tests the account root may assume service roles too).

        It is kept until the server starts anew: what a kill takes back of STS is not asked for again.
        """
        started = (self.state / "endpoint.json").stat().st_mtime_ns
        key = (self.names.role_arn(duty), started)
        if key not in _sessions:
            _sessions[key] = self.session(self.names.role_arn(duty))
        return _sessions[key]

    def session(self, role_arn: str) -> boto3.Session:
        """A session of any role."""
        credentials = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="test")["Credentials"]
        return session(
            credentials["AccessKeyId"],
            credentials["SecretAccessKey"],
            credentials["SessionToken"],
            region=REGION,
        )

    def table_of(self, reference: str) -> pa.Table:
        return self.table(reference, "2013-01-01")

    def table(self, dataset: str, date: str) -> pa.Table:
        return nycflights.delivery(self.domain_dataset(dataset), date).table

    def domain_dataset(self, dataset: str) -> Any:
        return next(d for d in self.domain.datasets if d.name == dataset)

    def deliver(self, dataset: str, date: str, body: pa.Table | bytes) -> str:
        """Put one file into raw as the landing role does and return its key."""
        if isinstance(body, pa.Table):
            sink = io.BytesIO()
            pq.write_table(body, sink)
            body = sink.getvalue()
        source = self.domain_dataset(dataset).source.name
        key = f"{dataset}/source={source}/ingest_date={date}/run_id={uuid.uuid4()}/part-00000.parquet"
        self.client("s3", self.as_role("landing")).put_object(
            Bucket=self.names.bucket("raw"), Key=key, Body=body
        )
        return key

    def land(self, dataset: str, date: str, files: list[Path]) -> None:
        """Deliver files through the landing job."""
        landing.land(self.connection, self.names, self.domain_dataset(dataset), date, files)

    def load_demo(self) -> None:
        """Deliver what the laptop's sources have for the domain, write its databases, and run each of its days."""
        flow.deliver(self.connection, self.names, self.domain, on_file=print)
        with trading(self.connection, self.domain, on_progress=print) as write:
            for day in self.days:
                write(day)
                run = self.run("*", day)
                assert (run.status, run.cause) == ("SUCCEEDED", ""), day

    @property
    def days(self) -> tuple[str, ...]:
        """The days that the laptop's sources have for the domain."""
        return demo_days(self.domain, SOURCES)

    def start(self, dataset: str, date: str, **extra: Any) -> str:
        answer = self.client("stepfunctions").start_execution(
            stateMachineArn=self.names.state_machine_arn,
            input=json.dumps({"dataset": dataset, "ingest_date": date, **extra}),
        )
        return answer["executionArn"]

    def wait(self, arn: str, seconds: float = 240) -> Run:
        machines = self.client("stepfunctions")

        def ended() -> dict[str, Any] | None:
            seen = dict(machines.describe_execution(executionArn=arn))
            return seen if seen["status"] in SETTLED else None

        seen = until(ended, what=f"the end of {arn}", seconds=seconds, every=0.3)
        self._show_log(seen.get("cause", ""))
        return Run(
            seen["status"],
            seen.get("error", ""),
            seen.get("cause", ""),
            json.loads(seen.get("output") or "{}"),
            arn,
        )

    def _show_log(self, cause: str) -> None:
        """Print the log that a failure points to: it does not outlive the tests."""
        named = re.search(r"Its log: group (\S+), stream (\S+)\. ", cause)
        if named:
            group, stream = named.groups()
            told = self.client("logs").get_log_events(logGroupName=group, logStreamName=stream)["events"]
            sys.stdout.writelines(f"{event['message']}\n" for event in told)

    @property
    def checkpoint(self) -> int:
        """The number of the newest state on disk, which a `kill -9` comes back to."""
        written = (self.state / "state" / "checkpoints").glob("manifest-*.json")
        return max(int(path.stem.partition("-")[2]) for path in written)

    def run(self, dataset: str, date: str, **extra: Any) -> Run:
        return self.wait(self.start(dataset, date, **extra))

    def query(self, sql: str, session: boto3.Session | None = None) -> list[list[str | None]]:
        return self.answer(sql, session)[1:]

    def answer(self, sql: str, session: boto3.Session | None = None) -> list[list[str | None]]:
        """The rows, with the names of the columns first."""
        athena = self.client("athena", session)
        query = athena.start_query_execution(QueryString=sql, WorkGroup=self.workgroup(session))[
            "QueryExecutionId"
        ]
        while True:
            seen = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
            if seen["State"] == "FAILED":
                raise RuntimeError(seen["StateChangeReason"])
            if seen["State"] == "SUCCEEDED":
                break
            time.sleep(0.1)
        pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=query)
        rows = [row for page in pages for row in page["ResultSet"]["Rows"]]
        return [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows]

    def workgroup(self, session: boto3.Session | None) -> str:
        """Where a session asks: each duty's workgroup is called as its role; the root asks where runs do."""
        arn = str(self.client("sts", session).get_caller_identity()["Arn"])
        return arn.split("/")[1] if ":assumed-role/" in arn else self.names.workgroup

    def count(self, zone: str, table: str, date: str) -> int:
        column = "ingest_date" if zone == "raw" else "_ingest_date"
        value = f"'{date}'" if zone == "raw" else f"DATE '{date}'"
        sql = f'SELECT count(*) FROM "{self.names.database(zone)}"."{table}" WHERE "{column}" = {value}'
        return int(self.query(sql, self.as_role("engineer"))[0][0] or 0)

    def counts(self, dataset: str, date: str) -> dict[str, int]:
        return {
            "raw": self.count("raw", dataset, date),
            "staged": self.count("staged", dataset, date),
            "quarantined": self.count("staged", f"{dataset}_quarantine", date),
            "curated": self.count("curated", dataset, date),
        }

    def ledger(self, dataset: str, date: str) -> dict[str, Any]:
        item = self.client("dynamodb").get_item(
            TableName=self.names.run_ledger,
            Key={"dataset": {"S": dataset}, "ingest_date": {"S": date}},
        )
        return {name: next(iter(value.values())) for name, value in item.get("Item", {}).items()}

    def server(self, command: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "local", command, "--state-dir", str(self.state)], check=True, cwd=ROOT
        )

    def cli_environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.endpoint["endpoint"],
            "AWS_CA_BUNDLE": self.endpoint["ca"],
            "NODE_EXTRA_CA_CERTS": self.endpoint["ca"],
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

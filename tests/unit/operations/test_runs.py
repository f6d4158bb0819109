"""`dp run`, `dp status` and `dp query` against AWS clients that answer as AWS does."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from typer.testing import CliRunner

from operations import connection, queries, runs
from operations.cli import app
from operations.commands import query as query_command
from operations.commands import run as run_command
from operations.commands import status as status_command
from operations.connection import Connection, environment_named
from operations.exit_codes import CommandFailed
from operations.scope import naming

NAMES = naming("aviation", environment_named("local"))
BEGAN = dt.datetime(2013, 2, 2, tzinfo=dt.UTC)


class Pages:
    def __init__(self, *pages: dict[str, Any]) -> None:
        self.pages = pages

    def paginate(self, **asked: Any) -> tuple[dict[str, Any], ...]:
        return self.pages


class StepFunctions:
    """One execution that enters two states and ends."""

    def __init__(self, *, error: str = "", cause: str = "") -> None:
        self.started: list[dict[str, Any]] = []
        self.error, self.cause = error, cause
        self.asked = 0

    def start_execution(self, **asked: str) -> dict[str, str]:
        self.started.append(json.loads(asked["input"]))
        return {"executionArn": f"{asked['stateMachineArn']}:{len(self.started)}"}

    def describe_execution(self, **asked: str) -> dict[str, Any]:
        self.asked += 1
        running = {"executionArn": asked["executionArn"], "status": "RUNNING", "startDate": BEGAN}
        if self.asked == 1:
            return running
        ended = {"stopDate": BEGAN + dt.timedelta(seconds=12), "input": json.dumps(self.started[-1])}
        if self.error:
            return running | ended | {"status": "FAILED", "error": self.error, "cause": self.cause}
        return running | ended | {"status": "SUCCEEDED"}

    def get_execution_history(self, **asked: Any) -> dict[str, Any]:
        names = ["ReadInput", "Claim", "Publish"][: self.asked + 1]
        events = [
            {"id": number, "stateEnteredEventDetails": {"name": name}} for number, name in enumerate(names, 1)
        ]
        return {"events": events[::-1]}


class Athena:
    def __init__(self, state: str = "SUCCEEDED", reason: str = "") -> None:
        self.state, self.reason = state, reason
        self.asked: dict[str, Any] = {}

    def start_query_execution(self, **asked: Any) -> dict[str, str]:
        self.asked = asked
        return {"QueryExecutionId": "1"}

    def get_query_execution(self, **asked: Any) -> dict[str, Any]:
        status = {"State": self.state, "StateChangeReason": self.reason}
        statistics = {"TotalExecutionTimeInMillis": 250, "DataScannedInBytes": 1000}
        return {"QueryExecution": {"Status": status, "Statistics": statistics}}

    def get_paginator(self, name: str) -> Pages:
        rows = [["carrier", "name"], ["UA", "United"], ["9E", None]]
        data = [{"Data": [{"VarCharValue": cell} if cell else {} for cell in row]} for row in rows]
        info = {"ColumnInfo": [{"Name": "carrier"}, {"Name": "name"}]}
        return Pages({"ResultSet": {"Rows": data, "ResultSetMetadata": info}})


class Scan:
    def __init__(self, *items: dict[str, Any]) -> None:
        self.items = items

    def get_paginator(self, name: str) -> Pages:
        return Pages({"Items": list(self.items)})


class Alarms:
    def __init__(self, *ringing: str) -> None:
        self.ringing = ringing

    def get_paginator(self, name: str) -> Pages:
        alarms = [
            {"AlarmName": name, "StateUpdatedTimestamp": BEGAN, "StateReason": "1 run failed"}
            for name in self.ringing
        ]
        return Pages({"MetricAlarms": alarms})


class Reached(Connection):
    """A connection whose clients are given."""

    def client(self, service: str) -> Any:
        return self.session[service]  # type: ignore[index]

    def assume(self, role_arn: str) -> Connection:
        self.session["assumed"] = role_arn  # type: ignore[index]
        return self


def _item(dataset="flights", day="2013-02-01", status="SUCCEEDED", rows=(926, 925, 1, 925), **more: str):
    counts = dict(zip(runs.COUNTS, rows, strict=True)) if rows else None
    item = {"dataset": dataset, "ingest_date": day, "status": status, "run_id": "r1", **more}
    item |= {"rows": json.dumps(counts)} if counts else {}
    return {name: {"S": value} for name, value in item.items()}


@pytest.fixture
def reach(monkeypatch):
    """Commands reach these clients instead of AWS."""

    def given(**clients: Any) -> Reached:
        clients = {"dynamodb": Scan(), "cloudwatch": Alarms(), **clients}
        reached = Reached(
            environment=environment_named("local"),
            session=clients,  # type: ignore[arg-type]
            endpoint="https://localhost",
            verify=None,
        )
        for command in (run_command, status_command, query_command):
            monkeypatch.setattr(command, "connect", lambda name: reached)
        monkeypatch.setattr(runs, "_POLL_SECONDS_LOCAL", 0)
        monkeypatch.setattr(run_command, "_deliver_demo", lambda *_: None)  # S3 is not among the fakes
        return reached

    return given


def _dp(*words: str):
    return CliRunner().invoke(app, list(words))


def test_a_run_is_followed_and_ends_0_with_its_counts(reach):
    machine = StepFunctions()
    reach(stepfunctions=machine, dynamodb=Scan(_item()))
    ended = _dp("run", "aviation.flights", "--date", "2013-02-01", "--json")
    assert ended.exit_code == 0
    assert machine.started == [{"dataset": "flights", "ingest_date": "2013-02-01"}]
    ledger = json.loads(ended.stdout)["ledger"][0]
    assert [ledger[name] for name in runs.COUNTS] == [926, 925, 1, 925]
    assert ledger["adds_up"]


def test_each_state_is_told_once(reach):
    machine = StepFunctions()
    reached = reach(stepfunctions=machine)
    told: list[str] = []
    arn = runs.start(reached, NAMES, dataset="flights", ingest_date="2013-02-01")
    runs.follow(reached, arn, told.append)
    assert told == ["ReadInput", "Claim", "Publish"]


def test_a_run_that_is_refused_ends_1_with_the_reason(reach):
    cause = "flights 2013-02-01 is already being run by execution abc, since 05:00."
    reach(stepfunctions=StepFunctions(error="AlreadyRunning", cause=cause))
    ended = _dp("run", "aviation.flights", "--date", "2013-02-01")
    assert ended.exit_code == 1
    assert "AlreadyRunning" in ended.stderr
    assert "execution abc" in ended.stderr.replace("\n", " ")


def test_several_days_run_in_order_and_stop_at_the_first_failure(reach):
    machine = StepFunctions(error="QualityGateFailed", cause="too few rows")
    reach(stepfunctions=machine)
    assert _dp("run", "aviation", "--from", "2013-01-31", "--to", "2013-02-02").exit_code == 1
    assert machine.started == [{"dataset": "*", "ingest_date": "2013-01-31"}]


def test_force_is_passed_on(reach):
    machine = StepFunctions()
    reach(stepfunctions=machine)
    _dp("run", "aviation.flights", "--date", "2013-02-01", "--force")
    assert machine.started[0]["force"] is True


def test_status_of_good_runs_without_alarms_ends_0(reach):
    reach(dynamodb=Scan(_item(), _item(dataset="airlines", rows=(16, 16, 0, 16))))
    ended = _dp("status", "aviation", "--json")
    assert ended.exit_code == 0
    assert [one["dataset"] for one in json.loads(ended.stdout)["runs"]["aviation"]] == ["airlines", "flights"]


@pytest.mark.parametrize(
    ("clients", "shown"),
    [
        ({"dynamodb": Scan(_item(rows=(926, 920, 1, 925)))}, "NO"),
        (
            {"dynamodb": Scan(_item(status="FAILED", rows=None, error="NoRawData", cause="no file came"))},
            "NoRawData: no file came",
        ),
        ({"cloudwatch": Alarms("dp-local-aviation-run-failed")}, "dp-local-aviation-run-failed"),
    ],
)
def test_status_ends_1_when_something_is_wrong(reach, clients, shown):
    reach(**clients)
    ended = _dp("status")
    assert ended.exit_code == 1
    assert shown in ended.output


def test_a_run_that_has_no_counts_yet_does_not_disturb_status(reach):
    reach(dynamodb=Scan(_item(status="RUNNING", rows=None), _item(dataset="*", rows=None)))
    assert _dp("status", "aviation").exit_code == 0


def test_a_query_is_asked_as_the_role_in_its_own_workgroup(reach):
    athena = Athena()
    reached = reach(athena=athena)
    ended = _dp("query", "SELECT 1", "--domain", "aviation", "--role", "analyst", "--json")
    assert ended.exit_code == 0
    assert json.loads(ended.stdout) == [{"carrier": "UA", "name": "United"}, {"carrier": "9E", "name": None}]
    assert reached.session["assumed"] == "arn:aws:iam::000000000000:role/dp-local-aviation-analyst"
    assert athena.asked["WorkGroup"] == "dp-local-aviation-analyst"
    assert athena.asked["QueryExecutionContext"] == {"Database": "dp_local_aviation_curated"}


def test_a_query_that_athena_refuses_ends_1_with_its_reason(reach):
    reach(athena=Athena("FAILED", "SYNTAX_ERROR: line 1:8"))
    ended = _dp("query", "SELEC", "--domain", "aviation")
    assert ended.exit_code == 1
    assert "SYNTAX_ERROR: line 1:8" in ended.stderr


def test_when_nothing_answers_the_command_ends_3(reach, monkeypatch):
    reach(athena=Athena())

    def silent(*words: Any, **more: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="https://localhost:1")

    monkeypatch.setattr(query_command, "ask", silent)
    ended = _dp("query", "SELECT 1", "--domain", "aviation")
    assert ended.exit_code == 3
    assert "make local" in ended.stderr


def test_what_aws_refuses_is_no_traceback(reach, monkeypatch):
    reach()
    refusal = ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, "Scan")

    def refuse(*words: Any, **more: Any) -> Any:
        raise refusal

    monkeypatch.setattr(runs, "ledger", refuse)
    ended = _dp("status", "aviation")
    assert ended.exit_code == 3
    assert "AccessDenied" in ended.stderr


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"pid": "x"}'])
def test_an_endpoint_file_that_is_broken_is_said_to_be(tmp_path, content):
    (tmp_path / "endpoint.json").write_text(content)
    with pytest.raises(CommandFailed, match="is not what the embedded AWS writes"):
        connection.endpoint_record(tmp_path)


def test_an_embedded_aws_that_died_is_said_to_have_stopped(tmp_path):
    (tmp_path / "endpoint.json").write_text(json.dumps({"pid": 2**22 + 1}))
    with pytest.raises(CommandFailed, match="has stopped"):
        connection.endpoint_record(tmp_path)


def test_a_statement_without_a_header_row_keeps_all_its_rows(reach):
    answer = queries.ask(reach(athena=Athena()), "SHOW TABLES", workgroup="w")
    assert (answer.seconds, answer.bytes_scanned, len(answer.rows)) == (0.25, 1000, 2)


def test_the_lock_of_dbt_is_no_run(reach):
    lock = {"dataset": {"S": "#dbt"}, "ingest_date": {"S": "-"}}
    reached = reach(dynamodb=Scan(lock))
    names = naming("aviation", reached.environment)

    assert list(runs.ledger(reached, names)) == []


def test_a_long_run_on_this_machine_is_looked_at_once_a_second():
    pauses = runs._pauses(local=True)
    waited = [next(pauses) for _ in range(20)]
    assert waited[0] == 0.3
    assert waited[-1] == 1.0


def test_a_run_in_aws_is_looked_at_every_two_seconds():
    pauses = runs._pauses(local=False)
    assert {next(pauses) for _ in range(5)} == {2.0}

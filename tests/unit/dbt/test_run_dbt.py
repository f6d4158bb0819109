"""The image's entry point: what it asks of dbt and what it says about the result."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import botocore.session
import pytest

_FILE = Path(__file__).parents[3] / "jobs" / "images" / "dbt" / "run_dbt.py"
_SPEC = importlib.util.spec_from_file_location("run_dbt", _FILE)
run_dbt = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(run_dbt)


def parse(*argv, **environment):
    return run_dbt.arguments(argv, environment)


def test_the_state_machines_command_is_understood():
    options = parse("build", "--select", "source:aviation.flights+", "source:aviation.planes+")
    assert options.select == ["source:aviation.flights+", "source:aviation.planes+"]


@pytest.mark.parametrize(
    "options",
    [
        parse("--ingest-date", "2013-01-01", "2013-01-02"),
        parse("--ingest-date", "2013-01-01", "--ingest-date", "2013-01-02"),
        parse(DBT_INGEST_DATES="2013-01-01, 2013-01-02"),
    ],
)
def test_days_come_from_arguments_or_the_environment(options):
    found = run_dbt.variables(options)
    assert found["ingest_date"] == ["2013-01-01", "2013-01-02"]
    assert found["loaded"] == "_ingest_date in (date '2013-01-01', date '2013-01-02')"


def test_without_days_everything_is_compared():
    assert run_dbt.variables(parse("--run-id", "r-1")) == {"run_id": "r-1"}


def test_a_day_that_is_no_date_is_refused_before_dbt_starts(capsys):
    with pytest.raises(SystemExit) as refused:
        parse("--ingest-date", "01/02/2013' or true")
    assert refused.value.code == 2
    assert "write YYYY-MM-DD" in capsys.readouterr().err


def test_dbt_writes_below_the_scratch_folder_only(tmp_path):
    command = run_dbt.command(parse("--select", "a+"), project=Path("/app/dbt"), scratch=tmp_path)
    assert command[command.index("--target-path") + 1] == str(tmp_path / "target")
    assert command[command.index("--log-path") + 1] == str(tmp_path / "logs")
    assert json.loads(command[command.index("--vars") + 1]) == {"run_id": ""}
    assert "--no-send-anonymous-usage-stats" in command


def result(unique_id, status, **more):
    return {"unique_id": unique_id, "status": status, "execution_time": 1.25, **more}


def test_a_failed_test_is_named_with_its_cause(capsys):
    results = {
        "results": [
            result("model.data_platform.fct_flights", "success"),
            result(
                "test.data_platform.not_null_fct_flights_dest.ab", "fail", failures=3, message="Got 3 results"
            ),
            result("model.data_platform.agg", "skipped"),
        ]
    }
    assert run_dbt.conclude(results, exception=None, success=False) == 1
    last = capsys.readouterr().out.splitlines()[-2:]
    assert last == ["dbt build failed: 1 of 3 nodes", "test not_null_fct_flights_dest: Got 3 results"]


def test_a_pass_ends_with_zero_and_a_failed_start_with_two(capsys):
    passed = {
        "results": [result("model.data_platform.a", "success"), result("test.data_platform.t.1", "pass")]
    }
    assert run_dbt.conclude(passed, exception=None, success=True) == 0
    assert run_dbt.conclude({}, exception=ValueError("no profile"), success=False) == 2
    assert capsys.readouterr().out.splitlines()[-1] == "dbt could not start: no profile"


def test_an_image_older_than_the_contracts_says_how_to_mend_it(capsys):
    unknown = ValueError("The selection criterion 'source:aviation.new+'\n does not match any enabled nodes")
    assert run_dbt.conclude({}, exception=unknown, success=False) == 2
    assert "build and push it again" in capsys.readouterr().out.splitlines()[-1]


def test_a_missing_relation_asks_for_the_ancestors():
    missing = {
        "unique_id": "model.p.agg",
        "status": "error",
        "message": "TABLE_NOT_FOUND: line 1:1: Table 'x.fct'",
    }
    broken = {"unique_id": "test.p.unique.1", "status": "fail", "message": "Got 3 results", "failures": 3}

    assert run_dbt.lacks_ancestors({"results": [missing, broken]})
    assert not run_dbt.lacks_ancestors({"results": [broken]})
    assert not run_dbt.lacks_ancestors({})


def test_a_widened_selection_holds_what_its_nodes_are_made_of():
    selected = ["source:aviation.airlines+", "@source:aviation.planes", "tag:daily"]

    assert run_dbt.widened(selected) == ["@source:aviation.airlines", "@source:aviation.planes", "tag:daily"]


@pytest.mark.parametrize(("selected", "tests"), [("source:a.b+", "eager"), ("@source:a.b", "buildable")])
def test_a_widened_build_runs_the_tests_that_it_can(selected, tests, tmp_path):
    command = run_dbt.command(parse("--select", selected), project=tmp_path, scratch=tmp_path)

    assert command[command.index("--indirect-selection") + 1] == tests


def test_sessions_share_what_boto_reads_from_disk(monkeypatch):
    monkeypatch.setattr(botocore.session, "create_loader", botocore.session.create_loader)
    run_dbt.share_service_models()
    first, second = (botocore.session.Session().get_component("data_loader") for _ in range(2))
    assert first is second

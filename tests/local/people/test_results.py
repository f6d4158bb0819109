"""Results of queries are not Lake Formation's any more: each duty reads its own, each elevated person the own ones."""

from __future__ import annotations

import time

import pytest
from botocore.exceptions import ClientError

from operations import elevations

pytestmark = pytest.mark.local
DENIED = r"AccessDenied|not authorized"
ANN, BOB = "ann@example.com", "bob@example.com"


def ended(athena, sql, workgroup, **more):
    """Ask, wait, and return what Athena says of the query."""
    query = athena.start_query_execution(QueryString=sql, WorkGroup=workgroup, **more)["QueryExecutionId"]
    for _ in range(600):
        seen = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        if seen["Status"]["State"] in ("SUCCEEDED", "FAILED"):
            return seen
        time.sleep(0.1)
    raise AssertionError(f"{query} did not end")


def place(seen):
    bucket, _, key = seen["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    return {"Bucket": bucket, "Key": key}


@pytest.fixture(scope="module")
def stewards(platform):
    """A query that a steward asked."""
    athena = platform.client("athena", platform.as_role("steward"))
    seen = ended(athena, "SELECT 'hidden from analysts'", platform.names.workgroup_of("steward"))
    assert seen["Status"]["State"] == "SUCCEEDED", seen["Status"]
    return seen


def answers(platform, role, seen):
    """What a role gets of a query: the answer of each way to its data, or that it was refused."""
    session = platform.as_role(role)
    athena, s3 = platform.client("athena", session), platform.client("s3", session)
    query = seen["QueryExecutionId"]
    ways = {
        "GetQueryExecution": lambda: athena.get_query_execution(QueryExecutionId=query),
        "GetQueryResults": lambda: athena.get_query_results(QueryExecutionId=query),
        "BatchGetQueryExecution": lambda: athena.batch_get_query_execution(QueryExecutionIds=[query]),
        "ListQueryExecutions": lambda: athena.list_query_executions(WorkGroup=seen["WorkGroup"]),
        "GetObject": lambda: s3.get_object(**place(seen)),
    }
    found = {}
    for name, call in ways.items():
        try:
            call()
            found[name] = "given"
        except ClientError as error:
            code = error.response["Error"]["Code"]
            found[name] = "refused" if code.startswith("AccessDenied") else code
    return found


def test_who_asked_gets_the_answer_in_every_way(platform, stewards):
    assert set(answers(platform, "steward", stewards).values()) == {"given"}


@pytest.mark.parametrize("role", ["analyst", "engineer"])
def test_no_other_duty_gets_a_stewards_answer_in_any_way(platform, stewards, role):
    assert set(answers(platform, role, stewards).values()) == {"refused"}


@pytest.mark.parametrize("role", ["analyst", "engineer", "steward"])
def test_nobody_gets_what_a_run_was_answered(platform, role):
    athena = platform.client("athena")
    asked = athena.list_query_executions(WorkGroup=platform.names.workgroup)["QueryExecutionIds"]
    runs = [athena.get_query_execution(QueryExecutionId=each)["QueryExecution"] for each in asked]
    with_rows = next(each for each in runs if each["StatementType"] == "DML")
    assert place(with_rows)["Key"].startswith("athena-results/run/")
    assert set(answers(platform, role, with_rows).values()) == {"refused"}


@pytest.mark.parametrize("role", ["analyst", "engineer", "steward"])
def test_each_duty_still_asks_and_reads_its_own(platform, role):
    assert platform.query("SELECT 1", platform.as_role(role)) == [["1"]]
    athena = platform.client("athena", platform.as_role(role))
    seen = ended(athena, "SELECT 1", platform.names.workgroup_of(role))
    assert seen["ResultConfiguration"]["OutputLocation"].startswith(platform.names.results(role))


@pytest.mark.parametrize("role", ["analyst", "engineer", "steward"])
def test_no_person_asks_in_the_workgroup_of_runs_or_of_others(platform, role):
    athena = platform.client("athena", platform.as_role(role))
    others = {"run", "analyst", "engineer", "steward", "elevated"} - {role}
    for group in [*(platform.names.workgroup_of(duty) for duty in others), "primary"]:
        with pytest.raises(ClientError, match=DENIED):
            athena.start_query_execution(QueryString="SELECT 1", WorkGroup=group)


def test_an_own_query_does_not_open_anothers_in_the_same_call(platform, stewards):
    athena = platform.client("athena", platform.as_role("analyst"))
    own = ended(athena, "SELECT 1", platform.names.workgroup_of("analyst"))["QueryExecutionId"]
    for both in ([own, stewards["QueryExecutionId"]], [stewards["QueryExecutionId"], own]):
        with pytest.raises(ClientError, match=DENIED):
            athena.batch_get_query_execution(QueryExecutionIds=both)


def test_results_are_put_nowhere_else_even_if_a_query_says_so(platform):
    athena = platform.client("athena", platform.as_role("analyst"))
    elsewhere = {"ResultConfiguration": {"OutputLocation": platform.names.results("steward")}}
    seen = ended(athena, "SELECT 1", platform.names.workgroup_of("analyst"), **elsewhere)
    assert seen["ResultConfiguration"]["OutputLocation"].startswith(platform.names.results("analyst"))


def test_nobody_takes_another_duty_by_a_tag_of_the_session(platform):
    with pytest.raises(ClientError, match=r"sts:TagSession|not authorized"):
        platform.client("sts").assume_role(
            RoleArn=platform.names.role_arn("analyst"),
            RoleSessionName="mallory",
            Tags=[{"Key": "duty", "Value": "steward"}],
        )
    signed = elevations.signed_in(platform.connection, platform.names, ANN)
    with pytest.raises(ClientError, match=r"sts:TagSession|not authorized"):
        signed.client("sts").assume_role(
            RoleArn=platform.names.role_arn("elevated"),
            RoleSessionName=ANN,
            SourceIdentity=ANN,
            Tags=[{"Key": "requester", "Value": ANN}, {"Key": "duty", "Value": "steward"}],
        )


def elevated(platform, person):
    return elevations.elevated(platform.connection, platform.names, person)


def test_who_is_elevated_reads_and_writes_the_own_results_only(platform):
    group, results = platform.names.workgroup_of("elevated"), platform.names.results("elevated")
    ann, bob = elevated(platform, ANN), elevated(platform, BOB)

    def asked(who, location):
        more = {"ResultConfiguration": {"OutputLocation": location}} if location else {}
        return ended(who.client("athena"), "SELECT 'for Ann alone'", group, **more)

    anns = asked(ann, f"{results}{ANN}/")
    assert anns["Status"]["State"] == "SUCCEEDED", anns["Status"]
    assert ann.client("athena").get_query_results(QueryExecutionId=anns["QueryExecutionId"])
    assert ann.client("s3").get_object(**place(anns))
    with pytest.raises(ClientError, match="Forbidden"):
        bob.client("athena").get_query_results(QueryExecutionId=anns["QueryExecutionId"])
    with pytest.raises(ClientError, match=DENIED):
        bob.client("s3").get_object(**place(anns))
    for elsewhere in (f"{results}{ANN}/", platform.names.results("steward"), results, ""):
        assert asked(bob, elsewhere)["Status"]["State"] == "FAILED", elsewhere


def test_saved_questions_are_where_the_role_finds_and_asks_them(platform):
    for role, most in (("analyst", 1), ("engineer", 2)):
        session = platform.as_role(role)
        athena = platform.client("athena", session)
        found = athena.list_named_queries(WorkGroup=platform.names.workgroup_of(role))["NamedQueryIds"]
        assert len(found) >= most * len(platform.domain.datasets)  # another test may have added a dataset
        for each in found:
            question = athena.get_named_query(NamedQueryId=each)["NamedQuery"]
            seen = ended(athena, question["QueryString"], platform.names.workgroup_of(role))
            assert seen["Status"]["State"] == "SUCCEEDED", (question["Name"], seen["Status"])

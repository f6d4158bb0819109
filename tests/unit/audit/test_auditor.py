"""The auditor asks through Lake Formation and Athena, and reaches no file."""

from __future__ import annotations

import json
import re

import pytest
import sqlglot

from data_platform.audit import questions
from data_platform.audit.history import definition
from data_platform.audit.tables import _ACCESS_COLUMNS, _ACCESS_LINE

LINE = (
    "000000000000 bucket [21/Nov/2026:04:16:43 +0000] 10.0.0.1 arn:aws:iam::1:role/x ID REST.GET.OBJECT a/b "
    '"GET /bucket/a/b HTTP/1.1" 200 - 12 12 5 4 "-" "aws-sdk" v1 hostid SigV4 ECDHE AuthHeader s3.amazonaws.com '
    "TLSv1.3 - -"
)


def test_the_auditor_has_no_right_on_the_store(audit, names):
    (policy,) = (
        resource
        for logical_id, resource in audit().find_resources("AWS::IAM::ManagedPolicy").items()
        if logical_id.startswith("AuditorPolicy")
    )

    assert names.store not in json.dumps(policy)


def test_the_auditor_may_select_every_table_and_change_none(audit):
    grants = [
        resource["Properties"]
        for resource in audit().find_resources("AWS::LakeFormation::PrincipalPermissions").values()
    ]

    assert {permission for grant in grants for permission in grant["Permissions"]} == {"DESCRIBE", "SELECT"}
    assert len([grant for grant in grants if "Table" in grant["Resource"]]) == 3


@pytest.mark.parametrize("name", ["cloudtrail", "s3_access", "athena_queries"])
def test_a_table_projects_its_days_over_the_store(audit, names, name):
    found = audit().find_resources("AWS::Glue::Table", {"Properties": {"TableInput": {"Name": name}}})
    (table,) = (resource["Properties"]["TableInput"] for resource in found.values())

    assert table["Parameters"]["projection.day.format"] == "yyyy/MM/dd"
    assert table["Parameters"]["storage.location.template"].startswith(f"s3://{names.store}/")
    assert table["Parameters"]["storage.location.template"].endswith("${day}/")


def test_each_question_is_saved_and_is_sql(audit, names):
    asked = questions(names)
    audit().resource_count_is("AWS::Athena::NamedQuery", len(asked))
    for question in asked:
        marks = sqlglot.parse_one(question.sql, dialect="athena").find_all(sqlglot.exp.Placeholder)
        assert len(list(marks)) == len(question.parameters)


def test_each_question_reads_a_week_and_no_more(names):
    for question in questions(names):
        assert "interval '7' day" in question.sql


def test_a_line_of_an_access_log_has_a_value_for_each_column():
    found = re.fullmatch(_ACCESS_LINE, LINE)

    assert found is not None
    row = dict(zip(_ACCESS_COLUMNS, found.groups(), strict=True))
    assert (row["key"], row["httpstatus"], row["requester"]) == ("a/b", "200", "arn:aws:iam::1:role/x")
    assert row["tlsversion"] == "TLSv1.3"


def test_the_history_keeps_queries_of_every_domain_and_of_auditors(audit):
    (rule,) = (
        audit().find_resources("AWS::Events::Rule", {"Properties": {"Name": "dp-dev-query-history"}}).values()
    )

    assert rule["Properties"]["EventPattern"]["detail"]["workgroupName"] == [
        "dp-dev-audit",
        "dp-dev-aviation-analyst",
        "dp-dev-aviation-run",
    ]


def test_each_call_of_the_history_is_limited_retried_and_caught(names):
    tasks = [state for state in definition(names)["States"].values() if state["Type"] == "Task"]

    assert len(tasks) == 2
    for task in tasks:
        assert {"TimeoutSeconds", "Retry", "Catch"} <= set(task)


def test_what_is_put_under_a_default_lock_has_a_checksum(names):
    assert definition(names)["States"]["Keep"]["Arguments"]["ChecksumAlgorithm"] == "SHA256"

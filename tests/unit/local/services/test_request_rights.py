"""Which resource and condition keys a request is checked with, where ministack reads none."""

from __future__ import annotations

import json

import pytest

from local.services import request_rights

REGION, ACCOUNT = "ap-southeast-2", "000000000000"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"logGroupName": "/g", "logStreamName": "s"}, "log-group:/g:log-stream:s"),
        ({"logGroupName": "/g"}, "log-group:/g:log-stream:"),
    ],
)
def test_logs_are_asked_for_by_stream_so_that_a_policy_ending_in_a_star_allows_them(request_, expected):
    arn = request_rights.log_resource(request_, REGION, ACCOUNT)

    assert arn == f"arn:aws:logs:{REGION}:{ACCOUNT}:{expected}"


def test_a_log_request_without_a_group_is_left_to_ministack():
    assert request_rights.log_resource({}, REGION, ACCOUNT) is None


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"cluster": "c", "tasks": ["t"]}, "task/c/t"),
        ({"cluster": "arn:aws:ecs:r:a:cluster/c", "task": "t"}, "task/c/t"),
        ({"cluster": "c", "taskDefinition": "f:1"}, "task-definition/f:1"),
    ],
)
def test_tasks_are_asked_for_by_task_or_definition_not_by_cluster(request_, expected):
    arn = request_rights.task_resource(request_, REGION, ACCOUNT)

    assert arn == f"arn:aws:ecs:{REGION}:{ACCOUNT}:{expected}"


def test_a_query_is_asked_for_by_its_workgroup(monkeypatch):
    from ministack.services import athena

    monkeypatch.setattr(athena, "_executions", {"q": {"WorkGroup": "dp"}})
    monkeypatch.setattr(athena, "_named_queries", {})

    arn = request_rights.query_resource({"QueryExecutionId": "q"}, REGION, ACCOUNT)

    assert arn == f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/dp"
    assert request_rights.query_resource({"QueryExecutionId": "unknown"}, REGION, ACCOUNT) is None


def test_queries_of_several_workgroups_are_asked_for_by_all_workgroups(monkeypatch):
    from ministack.services import athena

    monkeypatch.setattr(athena, "_executions", {"a": {"WorkGroup": "one"}, "b": {"WorkGroup": "two"}})
    monkeypatch.setattr(athena, "_named_queries", {"c": {"WorkGroup": "one"}, "d": {"WorkGroup": "two"}})
    place = f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup"

    for ids in (["a", "b"], ["b", "a"], ["a", "unknown", "b"]):
        assert request_rights.query_resource({"QueryExecutionIds": ids}, REGION, ACCOUNT) == f"{place}/*"
    assert request_rights.query_resource({"QueryExecutionIds": ["a", "a"]}, REGION, ACCOUNT) == f"{place}/one"
    assert request_rights.query_resource({"NamedQueryIds": ["c", "d"]}, REGION, ACCOUNT) == f"{place}/*"


@pytest.mark.parametrize(
    ("sources", "expected"),
    [(["dp.a"], "dp.a"), (["dp.a", "dp.a"], "dp.a"), (["dp.b", "dp.a"], ["dp.a", "dp.b"])],
)
def test_events_are_asked_for_with_every_source_they_name(sources, expected):
    entries = [{"Source": source, "DetailType": "d"} for source in sources]

    assert request_rights._of_events({"Entries": entries})["events:source"] == expected


@pytest.mark.parametrize(
    ("body", "params"),
    [(b"", {"Namespace": ["DataPlatform"]}), (json.dumps({"Namespace": "DataPlatform"}).encode(), {})],
)
def test_the_namespace_of_figures_is_read_from_a_form_and_from_json(body, params):
    assert request_rights._of_metrics(body, params) == {"cloudwatch:namespace": "DataPlatform"}


def test_an_alarm_is_asked_for_by_its_name_in_a_form_and_in_json():
    form = request_rights._form(b"Action=DescribeAlarms&AlarmNames.member.1=cpu&AlarmNames.member.2=disk")
    for request in ({"AlarmNames": ["cpu", "disk"]}, form):
        arn = request_rights.alarm_resource(request, REGION, ACCOUNT)
        assert arn == f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:cpu"


def test_alarms_without_names_are_left_to_ministack():
    assert request_rights.alarm_resource({}, REGION, ACCOUNT) is None


@pytest.mark.parametrize(
    "request_",
    [
        {"Key": {"owner": {"S": "stream:a"}, "at": {"S": "1"}}},
        {"Item": {"owner": {"S": "stream:a"}, "at": {"S": "1"}, "more": {"N": "2"}}},
        {
            "KeyConditionExpression": "#of = :hash AND begins_with(at, :prefix)",
            "ExpressionAttributeNames": {"#of": "owner"},
            "ExpressionAttributeValues": {":hash": {"S": "stream:a"}, ":prefix": {"S": "p"}},
        },
        {
            "KeyConditionExpression": "at = :at AND owner=:hash",
            "ExpressionAttributeValues": {":hash": {"S": "stream:a"}, ":at": {"S": "1"}},
        },
    ],
    ids=["key", "item", "query by an alias", "query"],
)
def test_items_are_asked_for_by_their_partition_key(monkeypatch, request_):
    from ministack.services import dynamodb

    monkeypatch.setattr(dynamodb, "_tables", {"ledger": {"pk_name": "owner"}})

    told = request_rights._of_items({"TableName": "arn:aws:dynamodb:r:a:table/ledger", **request_})

    assert told == {"dynamodb:leadingkeys": ["stream:a"]}


@pytest.mark.parametrize("request_", [{}, {"KeyConditionExpression": "at = :at"}, {"TableName": "unknown"}])
def test_a_request_without_a_partition_key_tells_none(monkeypatch, request_):
    from ministack.services import dynamodb

    monkeypatch.setattr(dynamodb, "_tables", {"ledger": {"pk_name": "owner"}})

    assert request_rights._of_items({"TableName": "ledger", **request_}) == {}


def test_a_transaction_is_asked_for_by_the_partition_keys_of_all_its_items(monkeypatch):
    from ministack.services import dynamodb

    monkeypatch.setattr(dynamodb, "_tables", {"ledger": {"pk_name": "owner"}})
    update = {"Update": {"TableName": "ledger", "Key": {"owner": {"S": "b"}, "at": {"S": "1"}}}}
    put = {"Put": {"TableName": "ledger", "Item": {"owner": {"S": "a"}, "at": {"S": "1"}}}}
    strange = {"Delete": {"TableName": "other", "Key": {"owner": {"S": "c"}}}}

    assert request_rights._of_items({"TransactItems": [update, put, put]}) == {
        "dynamodb:leadingkeys": ["a", "b"]
    }
    assert request_rights._of_items({"TransactItems": [update, strange]}) == {}

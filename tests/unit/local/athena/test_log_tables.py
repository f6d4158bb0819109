"""Tables over logs: CloudTrail's documents, lines taken apart by an expression, fields of structs, parameters in order."""

from __future__ import annotations

import gzip
import json

import pytest

RECORDS = [
    {
        "eventName": "GetObject",
        "userIdentity": {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"arn": "role/a"}}},
        "requestParameters": {"bucketName": "lake", "key": "x"},
    },
    {"eventName": "StopLogging", "userIdentity": {"type": "Root"}, "requestParameters": None},
]
IDENTITY = "struct<type:string,sessioncontext:struct<sessionissuer:struct<arn:string>>>"


def _table(
    athena, name, columns, *, serde, parameters=None, input_format="org.apache.hadoop.mapred.TextInputFormat"
):
    athena.client("glue").create_table(
        DatabaseName=athena.database,
        TableInput={
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"EXTERNAL": "TRUE"},
            "StorageDescriptor": {
                "Location": athena.place(name),
                "Columns": [{"Name": column, "Type": kind} for column, kind in columns.items()],
                "InputFormat": input_format,
                "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                "SerdeInfo": {"SerializationLibrary": serde, "Parameters": parameters or {}},
            },
        },
    )


@pytest.fixture
def events(athena):
    """A table over one file of two CloudTrail records."""
    body = gzip.compress(json.dumps({"Records": RECORDS}).encode())
    athena.aws.client("s3").put_object(
        Bucket="athena-lake", Key=f"{athena.database}/events/1.json.gz", Body=body
    )
    _table(
        athena,
        "events",
        {"eventname": "string", "useridentity": IDENTITY, "requestparameters": "string"},
        serde="org.apache.hive.hcatalog.data.JsonSerDe",
        input_format="com.amazon.emr.cloudtrail.CloudTrailInputFormat",
    )
    return athena


def test_each_record_of_a_cloudtrail_document_is_a_row(events):
    assert events.rows("SELECT eventname FROM events ORDER BY 1") == [["GetObject"], ["StopLogging"]]


def test_parameters_that_are_an_object_are_json_text(events):
    sql = "SELECT json_extract_scalar(requestparameters, '$.key') FROM events ORDER BY eventname"
    assert events.rows(sql) == [["x"], [None]]


@pytest.mark.parametrize(
    "path",
    [
        "useridentity.sessioncontext.sessionissuer.arn",
        "events.useridentity.sessioncontext.sessionissuer.arn",
    ],
)
def test_a_field_of_a_struct_is_reached_at_any_depth(events, path):
    assert events.rows(f"SELECT {path} FROM events ORDER BY eventname") == [["role/a"], [None]]


def test_a_field_of_a_struct_is_read_without_the_rest_of_it(events):
    assert events.rows("SELECT useridentity.type FROM events ORDER BY 1") == [["AssumedRole"], ["Root"]]


def test_parameters_fill_question_marks_in_the_order_of_the_text(events):
    sql = "WITH named AS (SELECT ? AS word, eventname FROM events) SELECT word, ? FROM named WHERE eventname = ?"
    answer = events.run(sql, ExecutionParameters=["'first'", "'second'", "'StopLogging'"])
    assert answer.rows == [["first", "second"]]


def test_lines_are_taken_apart_by_an_expression(athena):
    lines = b'one [a b] "-"\ntwo [c] "x y"\nnot such a line\n'
    athena.aws.client("s3").put_object(Bucket="athena-lake", Key=f"{athena.database}/lines/1", Body=lines)
    _table(
        athena,
        "lines",
        {"word": "string", "bracket": "string", "quoted": "string"},
        serde="org.apache.hadoop.hive.serde2.RegexSerDe",
        parameters={"input.regex": r'([^ ]*) \[(.*?)\] ("[^"]*")'},
    )
    rows = athena.rows("SELECT word, bracket, quoted FROM lines ORDER BY word NULLS LAST")
    assert rows == [["one", "a b", '"-"'], ["two", "c", '"x y"'], [None, None, None]]


def test_a_query_that_ends_is_told_to_rules_about_queries(athena):
    sqs, events = athena.aws.client("sqs"), athena.aws.client("events")
    name = f"ended-{athena.database}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    pattern = {"source": ["aws.athena"], "detail-type": ["Athena Query State Change"]}
    events.put_rule(Name=name, EventPattern=json.dumps(pattern))
    target = f"arn:aws:sqs:ap-southeast-2:000000000000:{name}"
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": target}])
    query = athena.run("SELECT 1").execution["QueryExecutionId"]
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10)["Messages"]
    events.remove_targets(Rule=name, Ids=["queue"])
    detail = json.loads(message["Body"])["detail"]
    assert (detail["queryExecutionId"], detail["currentState"]) == (query, "SUCCEEDED")
    assert detail["workgroupName"] == "primary"

"""What was answered is on disk: a `kill -9` in the next moment loses no item of DynamoDB and no commit of a Glue table."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local import journal, process
from local.checkpoints import CheckpointFolder
from local.journal import Journal
from tests.unit.local.conftest import Aws
from tests.waiting import until

ENTRIES = st.lists(
    st.lists(st.tuples(st.just("item"), st.text(max_size=5), st.integers()), min_size=1, max_size=3),
    max_size=6,
)


@settings(max_examples=50)
@given(records=ENTRIES, lost=st.integers(min_value=0, max_value=200))
def test_a_file_that_was_cut_off_holds_its_first_records_whole(tmp_path_factory, records, lost):
    folder = tmp_path_factory.mktemp("journal")
    written = Journal(folder)
    for record in records:
        written.append(record)
    for file in folder.iterdir():
        file.write_bytes(file.read_bytes()[: max(0, file.stat().st_size - lost)])

    found = Journal(folder).since(1)

    prefixes = [
        [entry for record in records[:count] for entry in record] for count in range(len(records) + 1)
    ]
    assert found in prefixes
    assert lost or found == prefixes[-1]


def test_entries_since_a_checkpoint_are_those_of_its_file_and_of_later_ones(tmp_path):
    written = Journal(tmp_path)
    written.append([("item", "a", 1)])
    number = written.begin()
    written.append([("item", "b", 2)])
    assert written.begin() == number + 1
    written.append([("item", "a", None)])

    assert Journal(tmp_path).since(number) == [("item", "b", 2), ("item", "a", None)]


def test_a_file_in_which_nothing_stands_is_not_begun_anew(tmp_path):
    written = Journal(tmp_path)

    assert [written.begin(), written.begin()] == [1, 1]


def test_files_of_the_three_newest_checkpoints_are_kept(tmp_path):
    written = Journal(tmp_path)
    for value in range(6):
        written.begin()
        written.append([("item", "a", value)])
        written.forget()

    assert [value for _, _, value in written.since(0)] == [3, 4, 5]


def test_what_is_noted_together_is_one_record_also_when_it_fails(tmp_path, monkeypatch):
    opened = Journal(tmp_path)
    monkeypatch.setattr(journal, "_open", opened)

    def failing():
        with journal.together():
            journal.note("item", "a", 1)
            assert opened.since(1) == []
            journal.note("item", "b", 2)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()

    assert opened.since(1) == [("item", "a", 1), ("item", "b", 2)]


def saved(folder, service, store, name):
    """Wait until a checkpoint holds a thing: that it is there at all is not noted."""
    checkpoints = CheckpointFolder(folder / "state" / "checkpoints")

    def there():
        stored = checkpoints.load().get(service, {}).get(store)
        return stored is not None and stored.contains_scoped("000000000000", "ap-southeast-2", name)

    until(there, every=0.2)


def test_items_that_were_written_in_the_moment_before_kill_9_are_there(lasting):
    dynamodb = Aws(endpoint=process.start(lasting, auth=False)).client("dynamodb")
    dynamodb.create_table(
        TableName="ledger",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("run", "by")],
        KeySchema=[{"AttributeName": "run", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "runs-by",
                "KeySchema": [{"AttributeName": "by", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    saved(lasting, "dynamodb", "tables", "ledger")
    dynamodb.put_item(TableName="ledger", Item={"run": {"S": "gone"}, "by": {"S": "us"}})
    key = {"TableName": "ledger", "Key": {"run": {"S": "counted"}}}
    counting = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
    for count in range(300):
        dynamodb.update_item(**key, **counting)
        item = {"run": {"S": f"run-{count}"}, "by": {"S": "us"}}
        dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": "ledger", "Item": item}}])
    dynamodb.delete_item(TableName="ledger", Key={"run": {"S": "gone"}})
    process.kill(lasting)

    dynamodb = Aws(endpoint=process.start(lasting, auth=False)).client("dynamodb")
    assert dynamodb.get_item(**key)["Item"]["n"] == {"N": "300"}
    found = dynamodb.query(
        TableName="ledger",
        IndexName="runs-by",
        KeyConditionExpression="#by = :us",
        ExpressionAttributeNames={"#by": "by"},
        ExpressionAttributeValues={":us": {"S": "us"}},
    )["Items"]
    assert {item["run"]["S"] for item in found} == {f"run-{count}" for count in range(300)}


def test_what_a_table_was_committed_to_in_the_moment_before_kill_9_is_its_state(lasting):
    glue = Aws(endpoint=process.start(lasting, auth=False)).client("glue")
    glue.create_database(DatabaseInput={"Name": "staged"})
    saved(lasting, "glue", "databases", "staged")
    for name in ("kept", "gone"):
        glue.create_table(DatabaseName="staged", TableInput={"Name": name})
    for commit in range(200):
        table = {"Name": "kept", "Parameters": {"metadata_location": json.dumps(commit)}}
        glue.update_table(DatabaseName="staged", TableInput=table)
    glue.delete_table(DatabaseName="staged", Name="gone")
    process.kill(lasting)

    glue = Aws(endpoint=process.start(lasting, auth=False)).client("glue")
    [table] = glue.get_tables(DatabaseName="staged")["TableList"]
    assert (table["Name"], table["Parameters"]["metadata_location"]) == ("kept", "199")

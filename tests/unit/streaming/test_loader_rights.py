"""What a loader may do beside reading its topic: named actions, each on what is its own."""

from __future__ import annotations

from data_platform.streaming import LoaderPlaces, change_file_rights, loader_rights

RIGHTS = {
    each.sid: each.to_json()
    for each in loader_rights(
        LoaderPlaces(
            plan="arn:plan",
            ledger="arn:ledger",
            topic="retail.orders.v1",
            key="arn:key",
            log_group="arn:log:*",
            dead_letters="arn:queue",
            dead_letters_key="arn:queue-key",
        )
    )
}


def test_it_deletes_no_object():
    actions = {
        action
        for each in (*RIGHTS.values(), change_file_rights("arn:raw").to_json())
        for action in (each["Action"] if isinstance(each["Action"], list) else [each["Action"]])
    }

    assert {action for action in actions if action.startswith("s3:")} == {"s3:GetObject", "s3:PutObject"}


def test_of_the_ledger_it_sees_the_items_of_its_topic_alone():
    assert RIGHTS["OwnLedgerItems"]["Condition"] == {
        "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["stream:retail.orders.v1"]}
    }


def test_it_never_scans_the_ledger_which_no_condition_would_bind():
    assert "dynamodb:Scan" not in RIGHTS["OwnLedgerItems"]["Action"]

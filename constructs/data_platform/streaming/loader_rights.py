"""What a topic's loader may do beside reading it: its plan, its items of the ledger, its letters, its files in raw."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_iam as iam

from data_platform.duty import OWN_DATASET


@dataclass(frozen=True, kw_only=True)
class LoaderPlaces:
    """ARNs that a loader's rights name.

    Args:
        plan: Its plan, one object.
        ledger: The run ledger.
        topic: Name of its topic; its items of the ledger are those of `stream:<topic>`.
        key: The domain's key.
        log_group: Its log group; ends in `:*`, all streams.
        dead_letters: The queue of calls that did not arrive.
        dead_letters_key: The key of the queue.
    """

    plan: str
    ledger: str
    topic: str
    key: str
    log_group: str
    dead_letters: str
    dead_letters_key: str


def loader_rights(places: LoaderPlaces) -> list[iam.PolicyStatement]:
    """The rights of a loader beside those of a consumer of its topic.

    Tables are granted by Lake Formation, Athena by the policies that every asking duty shares, files in raw by the one
    that all loaders of a domain share (`change_file_rights`).

    Args:
        places: What they name.

    Example:
        >>> rights = loader_rights(LoaderPlaces(
        ...     plan="arn:p", ledger="arn:l", topic="retail.orders.v1", key="arn:k",
        ...     log_group="arn:g:*", dead_letters="arn:q", dead_letters_key="arn:d"))
        >>> [each.sid for each in rights]
        ['ReadPlan', 'OwnLedgerItems', 'UseKeys', 'WriteLog', 'SendLetters']
    """
    own_items = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [f"stream:{places.topic}"]}}
    return [
        _allow("ReadPlan", "s3:GetObject", on=places.plan),
        iam.PolicyStatement(
            sid="OwnLedgerItems",
            actions=[
                "dynamodb:DeleteItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:Query",
                "dynamodb:UpdateItem",
            ],
            resources=[places.ledger],
            conditions=own_items,
        ),
        iam.PolicyStatement(
            sid="UseKeys",
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=[places.key, places.dead_letters_key],
        ),
        _allow("WriteLog", "logs:CreateLogStream", "logs:PutLogEvents", on=places.log_group),
        _allow("SendLetters", "sqs:SendMessage", on=places.dead_letters),
    ]


def change_file_rights(raw: str) -> iam.PolicyStatement:
    """The right to write the files of one's own dataset, for all loaders of a domain: a tag says whose they are.

    Args:
        raw: ARN of the bucket of raw.

    Example:
        >>> change_file_rights("arn:aws:s3:::raw").resources
        ['arn:aws:s3:::raw/${aws:PrincipalTag/dataset}/*']
    """
    # A file that an attempt before has written already is read for its ETag.
    return _allow("WriteChangeFiles", "s3:GetObject", "s3:PutObject", on=f"{raw}/{OWN_DATASET}/*")


def _allow(sid: str, *actions: str, on: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, actions=list(actions), resources=[on])

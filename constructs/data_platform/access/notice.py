"""How approvers hear of a request: a mail that says what is asked and how to decide, and holds no token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_events as events
from constructs import Construct

if TYPE_CHECKING:
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs

_LONGEST_TRY_SECONDS = 3600
_FIELDS = ("request", "requester", "role", "dataset", "hours", "reason", "approvers", "decide_by")


class RequestNotice(Construct):
    """Sends every request of a domain to a topic, in words.

    Args:
        scope: The construct that owns the rule.
        construct_id: Name within its scope.
        name: Public name of the rule.
        source: Source of the machine's events.
        environment: Name of the environment, for the command in the mail.
        domain: Name of the domain, the same.
        owner: Who helps when nobody decides.
        topic: Who is told.
        dead_letters: Keeps what could not be delivered.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        source: str,
        environment: str,
        domain: str,
        owner: str,
        topic: sns.ITopic,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, construct_id)
        command = f"dp access approve <request> --environment {environment}"
        template = (
            '"Access to <dataset> as <role> for <hours> hours is asked for by <requester>: <reason>. '
            "Approvers: <approvers>. Decide until <decide_by>: "
            f'{command}, or refuse."'
        )
        events.CfnRule(
            self,
            "Rule",
            name=name,
            description=f"Somebody asks for access to {domain} for a time. Owner: {owner}. Severity: ticket. "
            "Runbook: docs/runbooks/access-requested.md",
            event_pattern={
                "source": [source],
                "detail-type": ["Elevation Requested"],
                "detail": {"domain": [domain]},
            },
            targets=[
                events.CfnRule.TargetProperty(
                    arn=topic.topic_arn,
                    id="approvers",
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=dead_letters.queue_arn),
                    retry_policy=events.CfnRule.RetryPolicyProperty(
                        maximum_event_age_in_seconds=_LONGEST_TRY_SECONDS, maximum_retry_attempts=20
                    ),
                    input_transformer=events.CfnRule.InputTransformerProperty(
                        input_paths_map={field: f"$.detail.{field}" for field in _FIELDS},
                        input_template=template,
                    ),
                )
            ],
        )

"""What AWS itself tells, as a table: which event, who is told and where help is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from aws_cdk import aws_events as events
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs

_LONGEST_TRY_SECONDS = 3600
_MOST_TRIES = 20


@dataclass(frozen=True, kw_only=True)
class EventRule:
    """One kind of event that somebody is told of.

    Args:
        name: Ends the rule's name.
        runbook: File of the runbook in docs/runbooks, without its ending.
        symptom: What has happened, in one sentence.
        severity: `page` wakes somebody, `ticket` waits for the morning.
        pattern: EventBridge's pattern, as its API spells it.
    """

    name: str
    runbook: str
    symptom: str
    severity: Literal["page", "ticket"]
    pattern: Mapping[str, Any]


class EventRules(Construct):
    """One rule of EventBridge an entry, telling the topic of its severity.

    An event that cannot be delivered within an hour waits in the dead-letter queue, which has an alarm.

    Args:
        scope: The construct that owns the rules.
        construct_id: Name within its scope.
        name_prefix: Starts each rule's name, such as `dp-dev`.
        rules: The table.
        owner: Who mends.
        topics: Topic by severity.
        dead_letters: Keeps what could not be delivered.

    Example:
        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_sns as sns, aws_sqs as sqs
        >>> stack = cdk.Stack()
        >>> rule = EventRule(name="backup-failed", runbook="backup-failed", symptom="A backup failed",
        ...                  severity="ticket", pattern={"source": ["aws.backup"]})
        >>> made = EventRules(stack, "Rules", name_prefix="dp-dev", rules=[rule], owner="o",
        ...                   topics={"ticket": sns.Topic(stack, "T")}, dead_letters=sqs.Queue(stack, "Q"))
        >>> made.rules["backup-failed"].description
        'A backup failed. Owner: o. Severity: ticket. Runbook: docs/runbooks/backup-failed.md'
    """

    rules: Mapping[str, events.CfnRule]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name_prefix: str,
        rules: Sequence[EventRule],
        owner: str,
        topics: Mapping[str, sns.ITopic],
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, construct_id)
        self.rules = {
            rule.name: self._rule(rule, name_prefix, owner, topics[rule.severity], dead_letters)
            for rule in rules
        }

    def _rule(
        self, rule: EventRule, name_prefix: str, owner: str, topic: sns.ITopic, dead_letters: sqs.IQueue
    ) -> events.CfnRule:
        return events.CfnRule(
            self,
            "".join(word.title() for word in rule.name.split("-")),
            name=f"{name_prefix}-{rule.name}",
            description=f"{rule.symptom}. Owner: {owner}. Severity: {rule.severity}. "
            f"Runbook: docs/runbooks/{rule.runbook}.md",
            event_pattern=dict(rule.pattern),
            state="ENABLED",
            targets=[
                events.CfnRule.TargetProperty(
                    id="topic",
                    arn=topic.topic_arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=dead_letters.queue_arn),
                    retry_policy=events.CfnRule.RetryPolicyProperty(
                        maximum_event_age_in_seconds=_LONGEST_TRY_SECONDS, maximum_retry_attempts=_MOST_TRIES
                    ),
                )
            ],
        )

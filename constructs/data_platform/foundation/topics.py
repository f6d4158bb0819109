"""Two topics tell people about alarms: a page wakes somebody, a ticket waits for the morning."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sqs as sqs


class SeverityTopics(Construct):
    """One encrypted topic a severity, which only alarms and events of this account may publish to, over TLS.

    Args:
        scope: The construct that owns the topics.
        construct_id: Name within its scope.
        name_prefix: Starts each topic's name, such as `dp-dev`.
        key: Encrypts the messages; its policy must let CloudWatch alarms and EventBridge use it.
        emails: Addresses by severity; a severity without addresses still has its topic.
        dead_letters: Keeps the notices that could not be mailed.

    Example:
        >>> from aws_cdk import aws_kms as kms
        >>> from aws_cdk import aws_sqs as sqs
        >>> stack = cdk.Stack()
        >>> topics = SeverityTopics(stack, "Topics", name_prefix="dp-dev", key=kms.Key(stack, "Key"),
        ...                         emails={"page": ("on-call@example.com",), "ticket": ()},
        ...                         dead_letters=sqs.Queue(stack, "Letters"))
        >>> sorted(topics.by_severity)
        ['page', 'ticket']
    """

    by_severity: Mapping[str, sns.ITopic]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name_prefix: str,
        key: kms.IKey,
        emails: Mapping[str, Sequence[str]],
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, construct_id)
        self._dead_letters = dead_letters
        self.by_severity = MappingProxyType(
            {severity: self._topic(severity, name_prefix, key, to) for severity, to in emails.items()}
        )

    def _topic(self, severity: str, name_prefix: str, key: kms.IKey, emails: Sequence[str]) -> sns.Topic:
        topic = sns.Topic(
            self,
            severity.title(),
            topic_name=f"{name_prefix}-{severity}",
            master_key=key,
            enforce_ssl=True,
        )
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="PublishByAlarmsAndEvents",
                actions=["sns:Publish"],
                principals=[
                    iam.ServicePrincipal("cloudwatch.amazonaws.com"),
                    iam.ServicePrincipal("events.amazonaws.com"),
                ],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}},
            )
        )
        for email in emails:
            topic.add_subscription(
                subscriptions.EmailSubscription(email, dead_letter_queue=self._dead_letters)
            )
        return topic

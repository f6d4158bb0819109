"""Where what could not be delivered is kept, a start or a notice, until somebody has looked at it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from data_platform.acknowledgement import acknowledge

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms

# The longest that SQS keeps a message: a Friday's failure is still there after a fortnight's holiday.
KEPT_FOR = cdk.Duration.days(14)


class DeadLetters(Construct):
    """An encrypted queue for what schedules, functions and topics could not deliver.

    One for all domains: a letter holds a day to run or a notice, never data, and people look in one place.

    Args:
        scope: The construct that owns the queue.
        construct_id: Name within its scope.
        name: Public name of the queue.
        key: Encrypts the messages.
    """

    queue: sqs.IQueue

    def __init__(self, scope: Construct, construct_id: str, *, name: str, key: kms.IKey) -> None:
        super().__init__(scope, construct_id)
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=name,
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
            retention_period=KEPT_FOR,
        )
        self.queue.add_to_resource_policy(
            iam.PolicyStatement(
                sid="EventsThatReachedNobody",
                actions=["sqs:SendMessage"],
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                resources=[self.queue.queue_arn],
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}},
            )
        )
        acknowledge(
            self.queue,
            "AwsSolutions::AwsSolutions-SQS3",
            "Serverless::Serverless-SQSRedrivePolicy",
            reason="This is the dead-letter queue itself, of topics here and of functions and schedules in other "
            "stacks: nothing reads it by machine, an alarm pages for the first message, and what waits here for two "
            "weeks is replayed by hand.",
        )

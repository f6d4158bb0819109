"""What could not be delivered waits, encrypted, until somebody has looked at it."""

from __future__ import annotations

import json

from aws_cdk import assertions
from aws_cdk import aws_kms as kms

from data_platform.foundation import DeadLetters


def test_dead_letters_are_encrypted_wait_two_weeks_and_need_tls(stack):
    DeadLetters(stack, "Letters", name="letters", key=kms.Key(stack, "Key"))

    template = assertions.Template.from_stack(stack)
    template.has_resource_properties(
        "AWS::SQS::Queue",
        {"MessageRetentionPeriod": 14 * 86_400, "KmsMasterKeyId": assertions.Match.any_value()},
    )
    policy = json.dumps(template.find_resources("AWS::SQS::QueuePolicy"))
    assert '"aws:SecureTransport": "false"' in policy

"""Every log group is under a customer key and ends."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import assertions
from aws_cdk import aws_kms as kms

from data_platform.log_group import encrypted_log_group


def test_a_log_group_is_encrypted_and_its_lines_go_after_a_time(stack):
    key = kms.Key(stack, "Key")
    encrypted_log_group(
        stack,
        "Log",
        name="/dp/log",
        key=key,
        retention_days=30,
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )

    assertions.Template.from_stack(stack).has_resource(
        "AWS::Logs::LogGroup",
        {
            "DeletionPolicy": "Retain",
            "Properties": {
                "LogGroupName": "/dp/log",
                "RetentionInDays": 30,
                "KmsKeyId": stack.resolve(key.key_arn),
            },
        },
    )

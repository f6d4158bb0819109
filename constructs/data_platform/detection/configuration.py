"""AWS Config: how every resource was set at any moment, and which ones break a rule."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_config as config
from aws_cdk import aws_iam as iam
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_platform.detection.managed_rules import ManagedRule

_ROLE = "aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"


class ConfigurationHistory(Construct):
    """The one recorder of an account and region, its delivery and its rules.

    The recorder works under Config's service-linked role, whose policy only AWS can change.

    Args:
        scope: The construct that owns the recorder.
        construct_id: Name within its scope.
        name_prefix: Starts the rules' names, such as `dp-dev`.
        bucket: Receives snapshots and history; its policy must let Config write.
        prefix: Under which they lie there, without a slash at its end.
        key_arn: Encrypts them.
        rules: What is checked.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name_prefix: str,
        bucket: str,
        prefix: str,
        key_arn: str,
        rules: Sequence[ManagedRule],
    ) -> None:
        super().__init__(scope, construct_id)
        role = iam.CfnServiceLinkedRole(
            self,
            "Role",
            aws_service_name="config.amazonaws.com",
            description="AWS Config reads how resources are set",
        )
        recorder = config.CfnConfigurationRecorder(
            self,
            "Recorder",
            name="default",
            role_arn=f"arn:aws:iam::{cdk.Stack.of(self).account}:role/{_ROLE}",
            recording_group=config.CfnConfigurationRecorder.RecordingGroupProperty(
                all_supported=True, include_global_resource_types=True
            ),
        )
        recorder.add_resource_dependency(role)
        channel = config.CfnDeliveryChannel(
            self,
            "Channel",
            name="default",
            s3_bucket_name=bucket,
            s3_key_prefix=prefix,
            s3_kms_key_arn=key_arn,
            config_snapshot_delivery_properties=config.CfnDeliveryChannel.ConfigSnapshotDeliveryPropertiesProperty(
                delivery_frequency="TwentyFour_Hours"
            ),
        )
        for rule in rules:
            made = config.CfnConfigRule(
                self,
                "".join(word.title() for word in rule.name.split("-")),
                config_rule_name=f"{name_prefix}-{rule.name}",
                description=f"At synth: {rule.pack}",
                source=config.CfnConfigRule.SourceProperty(owner="AWS", source_identifier=rule.identifier),
                input_parameters=json.dumps(dict(rule.parameters)) if rule.parameters else None,
            )
            made.add_resource_dependency(recorder)
            made.add_resource_dependency(channel)

"""Which service uses which key in its own name: what a key's policy must allow, or delivery fails silently.

Source: each service's page on encryption, such as
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html and
https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from data_platform.guardrails.policy import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.guardrails.estate import Estate, Resource

_DELIVER = ("kms:Decrypt", "kms:GenerateDataKey")
_WRITE = ("kms:GenerateDataKey",)
_LOGS = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")
# Type -> (property that names the key, service, actions). The region stands where the service's name has one.
_DIRECT = {
    "AWS::Logs::LogGroup": ("KmsKeyId", "logs.{region}.amazonaws.com", _LOGS),
    "AWS::CloudTrail::Trail": ("KMSKeyId", "cloudtrail.amazonaws.com", _WRITE),
    "AWS::CloudTrail::EventDataStore": ("KmsKeyId", "cloudtrail.amazonaws.com", _DELIVER),
    "AWS::Config::DeliveryChannel": ("S3KmsKeyArn", "config.amazonaws.com", _DELIVER),
    "AWS::Events::EventBus": ("KmsKeyIdentifier", "events.amazonaws.com", _DELIVER),
}
_ALARM = (("AlarmActions", "OKActions", "InsufficientDataActions"), "cloudwatch.amazonaws.com")
# Type -> (where the topics and queues stand to which a service publishes in its own name, the service).
_PUBLISHERS = {
    "AWS::Backup::BackupVault": (("Notifications.SNSTopicArn",), "backup.amazonaws.com"),
    "AWS::Budgets::Budget": (
        ("NotificationsWithSubscribers.Subscribers.Address",),
        "budgets.amazonaws.com",
    ),
    "AWS::CE::AnomalySubscription": (("Subscribers.Address",), "costalerts.amazonaws.com"),
    "AWS::CloudWatch::Alarm": _ALARM,
    "AWS::CloudWatch::CompositeAlarm": _ALARM,
    "AWS::Events::Rule": (("Targets.DeadLetterConfig.Arn",), "events.amazonaws.com"),
    "AWS::S3::Bucket": (
        (
            "NotificationConfiguration.TopicConfigurations.Topic",
            "NotificationConfiguration.QueueConfigurations.Queue",
        ),
        "s3.amazonaws.com",
    ),
    "AWS::SNS::Subscription": (("Endpoint",), "sns.amazonaws.com"),
}


@dataclass(frozen=True, kw_only=True)
class KeyEdge:
    """One use of a key by a service: the key, who causes the use, the service's principal, what it does."""

    key: Resource
    user: Resource
    service: str
    actions: tuple[str, ...]


@lru_cache(maxsize=2)
def key_edges(estate: Estate) -> tuple[KeyEdge, ...]:
    """Every use of a key of the estate by a service in its own name.

    Example:
        >>> from data_platform.guardrails.estate import Stack, Estate
        >>> log = {"Type": "AWS::Logs::LogGroup", "Properties": {"KmsKeyId": {"Fn::GetAtt": ["Key", "Arn"]}}}
        >>> template = {"Resources": {"Key": {"Type": "AWS::KMS::Key"}, "Log": log}}
        >>> stack = Stack(name="s", template=template, account="111111111111", region="ap-southeast-2")
        >>> [edge.service for edge in key_edges(Estate([stack]))]
        ['logs.ap-southeast-2.amazonaws.com']
    """
    return (*_direct(estate), *_nested(estate), *_targets(estate))


def _direct(estate: Estate) -> Iterator[KeyEdge]:
    for kind, (name, service, actions) in _DIRECT.items():
        for user in estate.of_type(kind):
            yield from _edge(estate, user, user.properties.get(name), service, actions)


def _nested(estate: Estate) -> Iterator[KeyEdge]:
    for user in estate.of_type("AWS::Glue::SecurityConfiguration"):
        logs = user.properties.get("EncryptionConfiguration", {}).get("CloudWatchEncryption", {})
        yield from _edge(estate, user, logs.get("KmsKeyArn"), "logs.{region}.amazonaws.com", _LOGS)
    for user in estate.of_type("AWS::GuardDuty::PublishingDestination"):
        key = user.properties.get("DestinationProperties", {}).get("KmsKeyArn")
        yield from _edge(estate, user, key, "guardduty.amazonaws.com", _WRITE)


def _targets(estate: Estate) -> Iterator[KeyEdge]:
    """Topics and queues that a service publishes to: it needs the key of the topic or queue."""
    for user, target, service in _publications(estate):
        found = estate.find_typed(target, user, "AWS::SNS::Topic", "AWS::SQS::Queue")
        if found:
            key = found.properties.get("KmsMasterKeyId")
            yield from _edge(estate, found, key, service, _DELIVER)


def _publications(estate: Estate) -> Iterator[tuple[Resource, Any, str]]:
    for kind, (paths, service) in _PUBLISHERS.items():
        for user in estate.of_type(kind):
            for path in paths:
                yield from ((user, target, service) for target in _at(user.properties, *path.split(".")))
    for rule in estate.of_type("AWS::Events::Rule"):
        for target in listed(rule.properties.get("Targets")):
            if "RoleArn" not in target:  # with a role, the rule acts with the role's rights
                yield rule, target.get("Arn"), "events.amazonaws.com"


def _at(value: Any, *path: str) -> Iterator[Any]:
    """What stands at the end of a path, in every item of the lists that lie on it."""
    for each in listed(value):
        if not path:
            yield each
        elif isinstance(each, dict):
            yield from _at(each.get(path[0]), *path[1:])


def _edge(
    estate: Estate, user: Resource, key: Any, service: str, actions: tuple[str, ...]
) -> Iterator[KeyEdge]:
    found = estate.find_typed(key, user, "AWS::KMS::Key")
    if found:
        name = service.format(region=user.stack.region)
        yield KeyEdge(key=found, user=user, service=name, actions=actions)

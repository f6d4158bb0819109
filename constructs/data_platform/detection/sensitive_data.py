"""Macie: personal data where the contract says that there is none.

CloudFormation makes a session but no classification job, and a custom resource would be a function of ours with
rights of its own. So EventBridge Scheduler calls Macie itself, once a week, under a role that can do nothing else: it
is in the template, retried, dead-lettered and easily taken away. A job is made anew each week, with the id of the
call as its token, so that a retry makes no second one; it looks at a sample of all raw files, the price of a whole
scan being that of the bytes. Automated discovery would look into every bucket of the account instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_macie as macie
from constructs import Construct

from data_platform.acknowledgement import acknowledge
from data_platform.schedule_group import TIMEZONE, ScheduleGroup
from data_platform.schedule_role import schedule_role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sqs as sqs

_WEEKLY = "cron(0 22 ? * SAT *)"
_CREATE_JOB = "arn:aws:scheduler:::aws-sdk:macie2:createClassificationJob"
_LONGEST_TRY_SECONDS, _MOST_TRIES = 3600, 20


class SensitiveDataSession(Construct):
    """The one Macie session of an account and region.

    Args:
        scope: The construct that owns the session.
        construct_id: Name within its scope.
    """

    session: macie.CfnSession

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.session = macie.CfnSession(
            self, "Session", status="ENABLED", finding_publishing_frequency="FIFTEEN_MINUTES"
        )


class SensitiveDataScans(Construct):
    """A weekly look into the raw buckets of domains with personal data.

    Args:
        scope: The construct that owns the schedules.
        construct_id: Name within its scope.
        name_prefix: Starts public names, such as `dp-dev`.
        raw_buckets: Raw bucket by domain.
        sampling_percent: Share of the objects that is looked at.
        dead_letters: Keeps calls that Macie refused.
        dead_letters_key: Encrypts them.
        enabled: Whether the schedules fire.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name_prefix: str,
        raw_buckets: Mapping[str, str],
        sampling_percent: int,
        dead_letters: sqs.IQueue,
        dead_letters_key: kms.IKey,
        enabled: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        stack = cdk.Stack.of(self)
        jobs = f"arn:aws:macie2:{stack.region}:{stack.account}:classification-job/*"
        role, policy = schedule_role(
            self,
            "Role",
            policy_id="Policy",
            name=f"{name_prefix}-sensitive-data",
            description="Starts Macie's weekly look into raw buckets",
            action="macie2:CreateClassificationJob",
            on=[jobs],
            dead_letters=dead_letters,
            dead_letters_key=dead_letters_key,
        )
        acknowledge(
            policy,
            f"AwsSolutions::AwsSolutions-IAM5[Resource::{jobs}]",
            reason="Macie gives a job its id when the job is made, so that no policy can name it before; the role can "
            "make jobs and nothing else, and only schedules of this account may assume it.",
        )
        group = ScheduleGroup(
            self,
            name=f"{name_prefix}-sensitive-data",
            role=role,
            dead_letters=dead_letters,
            longest_try_seconds=_LONGEST_TRY_SECONDS,
            most_tries=_MOST_TRIES,
            after=(policy,),
        )
        for domain, bucket in raw_buckets.items():
            group.schedule(
                "".join(word.title() for word in domain.split("-")),
                name=domain,
                description=f"Saturdays 22:00 {TIMEZONE}: Macie looks into raw files of {domain}",
                when=_WEEKLY,
                timezone=TIMEZONE,
                target=_CREATE_JOB,
                given=classification_job(name_prefix, domain, bucket, stack.account, sampling_percent),
                enabled=enabled,
            )


def classification_job(
    name_prefix: str, domain: str, bucket: str, account: str, sampling_percent: int
) -> dict[str, object]:
    """The call that makes a job, in the words of Scheduler's universal targets.

    Example:
        >>> classification_job("dp-dev", "retail", "b", "111111111111", 10)["S3JobDefinition"]
        {'BucketDefinitions': [{'AccountId': '111111111111', 'Buckets': ['b']}]}
    """
    return {
        "ClientToken": "<aws.scheduler.execution-id>",
        "JobType": "ONE_TIME",
        "Name": f"{name_prefix}-{domain}-raw <aws.scheduler.scheduled-time>",
        "Description": f"Personal data in raw files of {domain} that its contracts do not know",
        "ManagedDataIdentifierSelector": "RECOMMENDED",
        "SamplingPercentage": sampling_percent,
        "S3JobDefinition": {"BucketDefinitions": [{"AccountId": account, "Buckets": [bucket]}]},
    }

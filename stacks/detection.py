"""What the account looks for trouble with: each service once, and who is told of what it finds.

It is a stack of its own, after the audit, whose store receives the history of settings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.detection import (
    MANAGED_RULES,
    ConfigurationHistory,
    ExposureAnalysis,
    SecurityPosture,
    SensitiveDataScans,
    SensitiveDataSession,
    ThreatDetection,
)
from data_platform.observability import EventRules, finding_rules
from stacks.platform_stack import PlatformStack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from data_platform.contracts.model import Domain
    from data_platform.contracts.naming import Naming
    from environments.model import Environment


class DetectionStack(PlatformStack):
    """Detection of an environment.

    Args:
        scope: The stage of the environment.
        construct_id: Name of the stack within its stage.
        environment: Where it is deployed.
        personal: Physical names of the domains that hold personal data.
        platform_key: Encrypts dead letters.
        history: Bucket, prefix and key of the history of settings.
        topics: Who is told, by severity.
        dead_letters: Keeps what could not be delivered.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        personal: Sequence[Naming],
        platform_key: kms.IKey,
        history: tuple[str, str, str],
        topics: Mapping[str, sns.ITopic],
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            part="detection",
            description="What the account looks for trouble with, and who is told of what it finds",
            environment=environment,
        )
        settings, prefix = environment.detection, environment.prefix
        if settings.guardduty == "create":
            ThreatDetection(self, "Threats")
        if settings.config == "create":
            bucket, folder, key_arn = history
            configuration = ConfigurationHistory(
                self,
                "Configuration",
                name_prefix=prefix,
                bucket=bucket,
                prefix=folder,
                key_arn=key_arn,
                rules=MANAGED_RULES,
            )
        if settings.security_hub == "create":
            posture = SecurityPosture(self, "Posture", standards=settings.standards)
            if settings.config == "create":  # its controls are Config rules
                posture.node.add_dependency(configuration)
        if settings.access_analyzer == "create":
            ExposureAnalysis(self, "Exposure", name_prefix=prefix)
        session = SensitiveDataSession(self, "SensitiveData") if settings.macie == "create" else None
        if personal:
            scans = SensitiveDataScans(
                self,
                "SensitiveDataScans",
                name_prefix=prefix,
                raw_buckets={naming.domain: naming.bucket("raw") for naming in personal},
                sampling_percent=settings.sampling_percent,
                dead_letters=dead_letters,
                dead_letters_key=platform_key,
                enabled=environment.processing.schedule_enabled,
            )
            if session is not None:
                scans.node.add_dependency(session)
        EventRules(
            self,
            "Findings",
            name_prefix=prefix,
            rules=finding_rules(),
            owner=environment.alarms.owner,
            topics=topics,
            dead_letters=dead_letters,
        )


def has_personal_columns(domain: Domain) -> bool:
    """Whether a contract of the domain marks a column as personal data."""
    return any(column.pii for dataset in domain.datasets for column in dataset.columns)

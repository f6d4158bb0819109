"""Security Hub: one list of findings, and controls of published standards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_securityhub as securityhub
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Sequence

STANDARDS = {
    "fsbp": "standards/aws-foundational-security-best-practices/v/1.0.0",
    "cis": "standards/cis-aws-foundations-benchmark/v/3.0.0",
    "nist": "standards/nist-800-53/v/5.0.0",
}


class SecurityPosture(Construct):
    """The one hub of an account and region, with the standards that are named and no other.

    Args:
        scope: The construct that owns the hub.
        construct_id: Name within its scope.
        standards: Of `STANDARDS`.
    """

    def __init__(self, scope: Construct, construct_id: str, *, standards: Sequence[str]) -> None:
        super().__init__(scope, construct_id)
        hub = securityhub.CfnHub(
            self,
            "Hub",
            enable_default_standards=False,
            control_finding_generator="SECURITY_CONTROL",
            auto_enable_controls=True,
        )
        previous: cdk.CfnResource = hub
        for name in standards:  # one after the other: Security Hub refuses several at a time
            standard = securityhub.CfnStandard(
                self,
                name.title(),
                standards_arn=f"arn:aws:securityhub:{cdk.Stack.of(self).region}::{STANDARDS[name]}",
            )
            standard.add_resource_dependency(previous)
            previous = standard

"""Guardrails as the CDK runs them: a policy-validation plugin whose findings stop synthesis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
import jsii

from data_platform.guardrails.estate import read_estate
from data_platform.guardrails.expectations import Expectations
from data_platform.guardrails.rule import Surroundings
from data_platform.guardrails.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from data_platform.guardrails.estate import Estate
    from data_platform.guardrails.rule import Finding, Rule

NAME = "DataPlatform"
VERSION = "1.0.0"


@jsii.implements(cdk.IPolicyValidationPlugin)
class Guardrails:
    """Refuses at synthesis what no public rule pack refuses, with construct path and mend.

    Add it to an app once: `Validations.of(app).add_plugins(Guardrails(...))`. A finding is accepted like one
    of cdk-nag, under the id `DataPlatform::<rule>` (`data_platform.acknowledgement.acknowledge`).

    Args:
        expected: What no template says: regions, trusted accounts, what contracts promise.
        without: Ids of rules to leave out, for an application that cannot have them yet.

    Raises:
        ValueError: when `without` names a rule that does not exist.

    Example:
        >>> from aws_cdk import aws_logs as logs
        >>> app = cdk.App(analytics_reporting=False, builtin_cloud_formation_validation=False)
        >>> group = logs.CfnLogGroup(cdk.Stack(app, "Stack"), "Log", log_group_name="mine")
        >>> cdk.Validations.of(app).add_plugins(Guardrails(Expectations(regions=("ap-southeast-2",))))
        >>> app.synth()  # doctest: +IGNORE_EXCEPTION_DETAIL
        Traceback (most recent call last):
        ...
        RuntimeError: ValidationFailed: ... DP-LOG-KEY ...
    """

    def __init__(self, expected: Expectations | None = None, *, without: Iterable[str] = ()) -> None:
        left_out = set(without)
        unknown = left_out - {rule.id for rule in RULES}
        if unknown:
            raise ValueError(
                f"Guardrails(without={sorted(unknown)}): there is no such rule. "
                f"Allowed: {', '.join(rule.id for rule in RULES)}."
            )
        self._expected = expected or Expectations()
        self._rules = tuple(rule for rule in RULES if rule.id not in left_out)

    @property
    def name(self) -> str:
        """Starts the ids of acknowledgements."""
        return NAME

    @property
    def version(self) -> str:
        """Semantic version: a new rule is a minor change, a stricter one a major."""
        return VERSION

    @property
    def rule_ids(self) -> list[str]:
        """The rules that are checked."""
        return [rule.id for rule in self._rules]

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Check every template of the assembly; the CDK calls this."""
        found = list(self.findings(read_estate(context.template_paths)))
        return cdk.PolicyValidationPluginReport(
            success=not found, violations=_violations(found), plugin_version=VERSION
        )

    def findings(self, estate: Estate) -> Iterator[Finding]:
        """What the rules find in an estate, without the CDK: for tests and for templates of other tools."""
        around = Surroundings(estate=estate, expected=self._expected)
        for rule in self._rules:
            yield from rule.findings(around)


def _violations(found: Sequence[Finding]) -> list[cdk.PolicyViolation]:
    """One violation a rule and fault, so that each says in words what is wrong where it is wrong."""
    grouped: dict[tuple[str, str], list[Finding]] = {}
    for finding in found:
        grouped.setdefault((finding.rule.id, finding.detail), []).append(finding)
    return [_violation(group[0].rule, detail, group) for (_, detail), group in grouped.items()]


def _violation(rule: Rule, detail: str, found: Sequence[Finding]) -> cdk.PolicyViolation:
    return cdk.PolicyViolation(
        rule_name=rule.id,
        description=f"{detail}. {rule.title}",
        severity=rule.severity,
        fix=rule.fix,
        violating_resources=[
            cdk.PolicyViolatingResource(
                resource_logical_id=finding.resource.logical_id,
                template_path=finding.resource.stack.path,
                locations=["Properties"],
            )
            for finding in found
        ],
    )

"""The alarm table as CloudWatch alarms, each with owner, severity and runbook in its description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_sns as sns

    from data_platform.observability.rules import AlarmRule


class DomainAlarms(Construct):
    """One alarm a rule, telling the topic of its severity when it starts and when it is over.

    Args:
        scope: The construct that owns the alarms.
        construct_id: Name within its scope.
        name_prefix: Starts each alarm's name, such as `dp-dev-aviation`.
        rules: The alarm table.
        owner: Who mends what has no owner of its own.
        topics: Topic by severity.
    """

    alarms: Mapping[str, cloudwatch.CfnAlarm]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name_prefix: str,
        rules: Sequence[AlarmRule],
        owner: str,
        topics: Mapping[str, sns.ITopic],
    ) -> None:
        super().__init__(scope, construct_id)
        self.alarms = {
            rule.name: metric_alarm(
                self,
                rule,
                name_prefix=name_prefix,
                owner=rule.owner or owner,
                topic_arn=topics[rule.severity].topic_arn,
            )
            for rule in rules
        }


def metric_alarm(
    scope: Construct, rule: AlarmRule, *, name_prefix: str, owner: str, topic_arn: str, through: str = ""
) -> cloudwatch.CfnAlarm:
    """The CloudWatch alarm of a rule.

    Args:
        scope: The construct that owns the alarm.
        rule: The entry of the table.
        name_prefix: Starts the alarm's name.
        owner: Who mends it.
        topic_arn: Who is told when it starts and when it is over.
        through: The composite alarm that pages for it, if it does not by itself.
    """
    return cloudwatch.CfnAlarm(
        scope,
        "".join(word.title() for word in rule.name.replace("_", "-").split("-")),
        alarm_name=f"{name_prefix}-{rule.name}",
        alarm_description=describe(rule, owner, through=through),
        namespace=rule.namespace,
        metric_name=rule.metric,
        dimensions=[
            cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)
            for name, value in rule.dimensions.items()
        ],
        statistic=rule.statistic,
        comparison_operator=rule.comparison,
        threshold=rule.threshold,
        period=rule.period_seconds,
        evaluation_periods=rule.periods,
        datapoints_to_alarm=rule.periods,
        treat_missing_data=rule.missing,
        actions_enabled=True,
        alarm_actions=[topic_arn],
        ok_actions=[topic_arn],
    )


def describe(rule: AlarmRule, owner: str, *, through: str = "") -> str:
    """What a woken person reads first."""
    severity = f"{rule.severity} through {through}" if through else rule.severity
    return f"{rule.symptom}. Owner: {owner}. Severity: {severity}. Runbook: docs/runbooks/{rule.runbook}.md"

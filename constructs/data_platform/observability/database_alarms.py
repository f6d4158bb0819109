"""The alarms of a database in CloudWatch, what is counted in its log, and the one alarm that pages for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Fn
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from constructs import Construct

from data_platform.observability.alarms import metric_alarm
from data_platform.observability.database_log import log_filters
from data_platform.observability.database_rules import database_rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_sns as sns

    from data_platform.observability.watched_database import WatchedDatabase

SICK = "sick"


class DatabaseAlarms(Construct):
    """One alarm a rule; those that are worth waking somebody are children of one composite alarm, which pages.

    So a sick database pages once, however many of its figures go bad one after the other; each of them tells the
    topic of tickets, where the causes are read in their order.

    Args:
        scope: The construct that owns the alarms.
        construct_id: Name within its scope.
        database: What is watched; its identifier starts each alarm's name.
        owner: Who mends.
        topics: Topic by severity.
        log_group: Name of the log group of the engine's log (`postgresql`, or MySQL's `error`).

    Example:
        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_sns as sns
        >>> from data_platform.observability import WatchedDatabase
        >>> stack = cdk.Stack()
        >>> shop = WatchedDatabase(instance="dp-dev-retail-shop", engine="postgres", instance_class="db.t4g.medium",
        ...                        storage_gib=20)
        >>> made = DatabaseAlarms(stack, "Shop", database=shop, owner="retail-data",
        ...                       log_group="/aws/rds/instance/dp-dev-retail-shop/postgresql",
        ...                       topics={"page": sns.Topic(stack, "Page"), "ticket": sns.Topic(stack, "Ticket")})
        >>> made.alarms["cpu-high"].alarm_name, made.sick.alarm_name
        ('dp-dev-retail-shop-cpu-high', 'dp-dev-retail-shop-sick')
    """

    alarms: Mapping[str, cloudwatch.CfnAlarm]
    sick: cloudwatch.CfnCompositeAlarm

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        database: WatchedDatabase,
        owner: str,
        topics: Mapping[str, sns.ITopic],
        log_group: str,
    ) -> None:
        super().__init__(scope, construct_id)
        sick = f"{database.instance}-{SICK}"
        rules = database_rules(database)
        self.alarms = {
            rule.name: metric_alarm(
                self,
                rule,
                name_prefix=database.instance,
                owner=owner,
                topic_arn=topics["ticket"].topic_arn,
                through=sick if rule.severity == "page" else "",
            )
            for rule in rules
        }
        self.sick = self._composite(
            sick,
            [self.alarms[rule.name] for rule in rules if rule.severity == "page"],
            owner=owner,
            topic_arn=topics["page"].topic_arn,
        )
        self._count(database, log_group)

    def _composite(
        self, name: str, children: list[cloudwatch.CfnAlarm], *, owner: str, topic_arn: str
    ) -> cloudwatch.CfnCompositeAlarm:
        return cloudwatch.CfnCompositeAlarm(
            self,
            "Sick",
            alarm_name=name,
            # By reference: the children are made first and deleted last.
            alarm_rule=Fn.join(" OR ", [f'ALARM("{child.ref}")' for child in children]),
            alarm_description="The database is sick: its users notice, or soon will. One page for all its faults. "
            f"Owner: {owner}. Severity: page. Runbook: docs/runbooks/database-sick.md",
            actions_enabled=True,
            alarm_actions=[topic_arn],
            ok_actions=[topic_arn],
        )

    def _count(self, database: WatchedDatabase, log_group: str) -> None:
        for metric, pattern in log_filters(database.engine).items():
            logs.CfnMetricFilter(
                self,
                f"{metric}Filter",
                filter_name=f"{database.instance}-{metric}",
                log_group_name=log_group,
                filter_pattern=pattern,
                metric_transformations=[
                    logs.CfnMetricFilter.MetricTransformationProperty(
                        metric_namespace=database.log_figures,
                        metric_name=metric,
                        metric_value="1",
                        default_value=0,
                        unit="Count",
                    )
                ],
            )

"""The alarms of a Kafka cluster in CloudWatch, and the one alarm that pages for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Fn
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from data_platform.observability.alarms import metric_alarm
from data_platform.observability.streaming_rules import cluster_rules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_sns as sns

    from data_platform.observability.streaming_cluster import WatchedCluster

SICK = "sick"


class StreamingAlarms(Construct):
    """One alarm a rule; those that are worth waking somebody are children of one composite alarm, which pages.

    A broker that is gone makes the others busy, then slow, then every consumer lag: one fault, one page. Each child
    tells the topic of tickets, where the causes are read in their order.

    Args:
        scope: The construct that owns the alarms.
        construct_id: Name within its scope.
        cluster: What is watched; its name starts each alarm's name.
        owner: Who mends the cluster; what lags is mended by the owner of its dataset.
        topics: SNS topic by severity.

    Example:
        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_sns as sns
        >>> from data_platform.observability import WatchedCluster
        >>> stack = cdk.Stack()
        >>> cluster = WatchedCluster(name="dp-dev-retail-stream", broker="express", brokers=3, storage_gib=1024,
        ...                          consumers=(), lag_seconds=900, lag_records=1_000_000)
        >>> made = StreamingAlarms(stack, "Alarms", cluster=cluster, owner="data-platform",
        ...                        topics={"page": sns.Topic(stack, "Page"), "ticket": sns.Topic(stack, "Ticket")})
        >>> made.alarms["controller-lost"].alarm_name, made.sick.alarm_name
        ('dp-dev-retail-stream-controller-lost', 'dp-dev-retail-stream-sick')
    """

    alarms: Mapping[str, cloudwatch.CfnAlarm]
    sick: cloudwatch.CfnCompositeAlarm

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: WatchedCluster,
        owner: str,
        topics: Mapping[str, sns.ITopic],
    ) -> None:
        super().__init__(scope, construct_id)
        sick = f"{cluster.name}-{SICK}"
        rules = cluster_rules(cluster)
        self.alarms = {
            rule.name: metric_alarm(
                self,
                rule,
                name_prefix=cluster.name,
                owner=rule.owner or owner,
                topic_arn=topics["ticket"].topic_arn,
                through=sick if rule.severity == "page" else "",
            )
            for rule in rules
        }
        children = [self.alarms[rule.name] for rule in rules if rule.severity == "page"]
        self.sick = self._composite(sick, children, owner=owner, topic_arn=topics["page"].topic_arn)

    def _composite(
        self, name: str, children: Sequence[cloudwatch.CfnAlarm], *, owner: str, topic_arn: str
    ) -> cloudwatch.CfnCompositeAlarm:
        return cloudwatch.CfnCompositeAlarm(
            self,
            "Sick",
            alarm_name=name,
            # By reference: the children are made first and deleted last.
            alarm_rule=Fn.join(" OR ", [f'ALARM("{child.ref}")' for child in children]),
            alarm_description="The stream is sick: changes arrive late or not at all. One page for all its faults. "
            f"Owner: {owner}. Severity: page. Runbook: docs/runbooks/streaming-sick.md",
            actions_enabled=True,
            alarm_actions=[topic_arn],
            ok_actions=[topic_arn],
        )

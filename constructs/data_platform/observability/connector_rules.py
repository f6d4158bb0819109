"""The alarms of a connector, from what MSK Connect and its machine report.

How far a source's log has grown for a connector that is gone, the database's own alarms tell: `slot-lag-high` and
`slot-lag-critical` (docs/database-alarms.md).

Source: https://docs.aws.amazon.com/msk/latest/developerguide/mkc-monitoring.html
"""

from __future__ import annotations

from data_platform.observability.rules import FIVE_MINUTES, AlarmRule

_NAMESPACE = "AWS/KafkaConnect"
_QUARTER_HOUR = 3


def connector_rules(connector: str, machine: str, *, heartbeat: bool, watched: bool) -> tuple[AlarmRule, ...]:
    """Every alarm of a connector.

    Args:
        connector: Its public name.
        machine: ARN of the machine that keeps it.
        heartbeat: Whether the heartbeats of its source are captured, so that it writes something every ten seconds.
        watched: Whether somebody answers in this environment when nothing is heard.

    Example:
        >>> [rule.name for rule in connector_rules("c", "arn", heartbeat=True, watched=True)]
        ['connector-failed', 'connector-late', 'task-failed', 'heartbeat-missing']
    """
    own, states = {"ConnectorName": connector}, {"StateMachineArn": machine}
    failures = tuple(
        AlarmRule(
            name=name,
            runbook="capture-connector-failed",
            symptom=symptom,
            severity="page",
            namespace="AWS/States",
            metric=metric,
            dimensions=states,
        )
        for name, metric, symptom in (
            (
                "connector-failed",
                "ExecutionsFailed",
                "The connector cannot be made, or has failed: no change arrives",
            ),
            (
                "connector-late",
                "ExecutionsTimedOut",
                "The connector did not become what it should be in 45 minutes",
            ),
        )
    )
    task = AlarmRule(
        name="task-failed",
        runbook="capture-task-failed",
        symptom="The connector's task has failed: no change arrives, and the source keeps its log for it",
        severity="page",
        namespace=_NAMESPACE,
        metric="ErroredTaskCount",
        dimensions=own,
        statistic="Maximum",
        missing="ignore",
    )
    if not (heartbeat and watched):
        return (*failures, task)
    silent = AlarmRule(
        name="heartbeat-missing",
        runbook="capture-heartbeat-missing",
        symptom="For a quarter of an hour not even a heartbeat came from the source",
        severity="page",
        namespace=_NAMESPACE,
        metric="SourceRecordWriteRate",
        dimensions=own,
        statistic="Maximum",
        comparison="LessThanOrEqualToThreshold",
        threshold=0,
        period_seconds=FIVE_MINUTES,
        periods=_QUARTER_HOUR,
        missing="breaching",
    )
    return (*failures, task, silent)

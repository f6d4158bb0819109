"""The alarms of a domain as a table: what is measured, when it is bad, who is told and where help is.

Counts of faults treat silence as good; the one alarm that treats silence as bad is the one that watches the
watch itself. Every window is legal for CloudWatch: below an hour at most a day, else at most a week.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Severity = Literal["page", "ticket"]
MissingData = Literal["breaching", "notBreaching", "ignore"]
Statistic = Literal["Sum", "Maximum", "Minimum", "Average", "SampleCount"]
Comparison = Literal["GreaterThanOrEqualToThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"]

FIGURES = "DataPlatform"
FIVE_MINUTES = 300
ONE_HOUR = 3600
# A daily look must be seen in a day; two hours more for days of 25 hours and slow mornings.
HOURS_OF_SILENCE = 26
# One verdict is one exception; a function that keeps failing is retried four times a run.
FUNCTION_ERRORS = 5


@dataclass(frozen=True, kw_only=True)
class AlarmRule:
    """One alarm.

    Args:
        name: Ends the alarm's name; its runbook is docs/runbooks/<runbook>.md.
        runbook: File of the runbook, without its ending.
        symptom: What has happened, in one sentence, for who is woken.
        severity: `page` wakes somebody, `ticket` waits for the morning.
        namespace: Namespace of the metric.
        metric: Name of the metric.
        dimensions: Its dimensions.
        statistic: How samples of a period become one figure.
        comparison: CloudWatch's comparison operator.
        threshold: Figure to compare with.
        period_seconds: Length of one period.
        periods: Periods that all must be bad.
        missing: What silence means; `ignore` leaves the alarm as it is.
        owner: Who mends it, if not the domain's owner.
    """

    name: str
    runbook: str
    symptom: str
    severity: Severity
    namespace: str
    metric: str
    dimensions: Mapping[str, str] = field(default_factory=dict)
    statistic: Statistic = "Sum"
    comparison: Comparison = "GreaterThanOrEqualToThreshold"
    threshold: float = 1
    period_seconds: int = FIVE_MINUTES
    periods: int = 1
    missing: MissingData = "notBreaching"
    owner: str | None = None


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What the alarms of a domain look at.

    Args:
        environment: Name of the environment, a dimension of figures.
        domain: Name of the domain, the same.
        state_machine_arn: The domain's state machine.
        ledger: Name of the run ledger.
        functions: Names of the functions.
        deadlines: Owner by dataset that has a deadline.
        scheduled: Whether schedules fire; without them nobody looks at deadlines, and silence is no fault.
    """

    environment: str
    domain: str
    state_machine_arn: str
    ledger: str
    functions: Sequence[str]
    deadlines: Mapping[str, str]
    scheduled: bool


def domain_rules(watched: Watched) -> tuple[AlarmRule, ...]:
    """Every alarm of a domain.

    Example:
        >>> rules = domain_rules(Watched(environment="dev", domain="aviation", state_machine_arn="arn", ledger="l",
        ...     functions=["f"], deadlines={"flights": "ops"}, scheduled=True))
        >>> rules[0].name, rules[-1].name
        ('run-failed', 'deadline-unchecked')
    """
    return (
        *_runs(watched),
        _announcements(watched),
        *_plumbing(watched),
        *(_deadline(watched, dataset, owner) for dataset, owner in watched.deadlines.items()),
        *_silence(watched),
    )


def dead_letter_rule(queue: str) -> AlarmRule:
    """The alarm of the platform's dead-letter queue.

    Example:
        >>> dead_letter_rule("dp-dev-dead-letters").severity
        'page'
    """
    return AlarmRule(
        name="dead-letter",
        runbook="dead-letter",
        symptom="A start or a notice could not be delivered; it waits in the dead-letter queue",
        severity="page",
        namespace="AWS/SQS",
        metric="ApproximateNumberOfMessagesVisible",
        dimensions={"QueueName": queue},
        statistic="Maximum",
    )


def _figures(watched: Watched) -> dict[str, str]:
    return {"Environment": watched.environment, "Domain": watched.domain}


def _runs(watched: Watched) -> tuple[AlarmRule, ...]:
    own = _figures(watched)
    return (
        AlarmRule(
            name="run-failed",
            runbook="run-failed",
            symptom="A run failed; that day of the dataset is not published",
            severity="page",
            namespace=FIGURES,
            metric="RunFailed",
            dimensions=own,
        ),
        AlarmRule(
            name="run-timed-out",
            runbook="run-timed-out",
            symptom="A run took longer than it may and was stopped without cleaning up",
            severity="page",
            namespace="AWS/States",
            metric="ExecutionsTimedOut",
            dimensions={"StateMachineArn": watched.state_machine_arn},
        ),
        AlarmRule(
            name="gate-failed",
            runbook="gate-failed",
            symptom="The quality gate stopped a run; consumers still see the last good state",
            severity="page",
            namespace=FIGURES,
            metric="GateFailed",
            dimensions=own,
        ),
        AlarmRule(
            name="drift-found",
            runbook="drift-found",
            symptom="A delivery does not have the shape that its contract promises, or cannot be read",
            severity="ticket",
            namespace=FIGURES,
            metric="DriftFound",
            dimensions=own,
        ),
    )


def _announcements(watched: Watched) -> AlarmRule:
    return AlarmRule(
        name="announcement-lost",
        runbook="announcement-lost",
        symptom="A published day was not announced; who waits for the event does not know of it",
        severity="ticket",
        namespace=FIGURES,
        metric="AnnouncementLost",
        dimensions=_figures(watched),
    )


def _plumbing(watched: Watched) -> tuple[AlarmRule, ...]:
    throttled = (
        AlarmRule(
            name=f"ledger-{kind.lower()}-throttled",
            runbook="ledger-throttled",
            symptom=f"The run ledger refuses to {kind.lower()} as often as runs ask",
            severity="ticket",
            namespace="AWS/DynamoDB",
            metric=f"{kind}ThrottleEvents",
            dimensions={"TableName": watched.ledger},
            periods=2,
        )
        for kind in ("Read", "Write")
    )
    errors = (
        AlarmRule(
            name=f"function-errors-{number}",
            runbook="function-errors",
            symptom=f"Function {name} keeps failing; runs cannot pass it",
            severity="ticket",
            namespace="AWS/Lambda",
            metric="Errors",
            dimensions={"FunctionName": name},
            threshold=FUNCTION_ERRORS,
            period_seconds=3 * FIVE_MINUTES,
        )
        for number, name in enumerate(watched.functions, start=1)
    )
    return (*throttled, *errors)


def _deadline(watched: Watched, dataset: str, owner: str) -> AlarmRule:
    return AlarmRule(
        name=f"deadline-missed-{dataset}",
        runbook="deadline-missed",
        symptom=f"{dataset} was not published by the deadline of its contract",
        severity="page",
        namespace=FIGURES,
        metric="DeadlineMissed",
        dimensions={**_figures(watched), "Dataset": dataset},
        owner=owner,
    )


def _silence(watched: Watched) -> tuple[AlarmRule, ...]:
    if not watched.scheduled or not watched.deadlines:
        return ()
    return (
        AlarmRule(
            name="deadline-unchecked",
            runbook="deadline-unchecked",
            symptom="Nobody has looked at deadlines for a day: schedules or the state machine are dead",
            severity="page",
            namespace=FIGURES,
            metric="DeadlineChecked",
            dimensions=_figures(watched),
            comparison="LessThanThreshold",
            period_seconds=ONE_HOUR,
            periods=HOURS_OF_SILENCE,
            missing="breaching",
        ),
    )

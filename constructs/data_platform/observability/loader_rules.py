"""The alarms of the functions that load topics into the lake: letters, staleness, faults.

How far a loader lags behind its topic the cluster's own alarms tell (`streaming_rules`). A letter is told when it is
written, and again when it has waited too long: the loader looks every few minutes which are not replayed.
"""

from __future__ import annotations

from dataclasses import dataclass

from data_platform.observability.rules import FIGURES, FIVE_MINUTES, AlarmRule

# Calls that fail one after the other: one that meets another's commit is sent again, and that is no fault.
ERRORS = 3
_QUARTER_HOUR = 3
_HOUR = 3600


@dataclass(frozen=True, kw_only=True)
class WatchedLoader:
    """A topic's loader as its alarms see it.

    Args:
        dataset: Name of the dataset; starts each alarm's name.
        domain: Name of the domain.
        function: Name of the function.
        owner: Who mends what the dataset's producer sends.
        letter_seconds: How long a dead letter may wait to be replayed.
        heartbeat: Whether its rows come every few seconds whatever the business does, so that they tell how fresh the
            whole path is.
    """

    dataset: str
    domain: str
    function: str
    owner: str
    letter_seconds: int
    heartbeat: bool = False


def loader_rules(loader: WatchedLoader, *, stale_seconds: int, watched: bool) -> tuple[AlarmRule, ...]:
    """Every alarm of a loader.

    Args:
        loader: What is watched.
        stale_seconds: Age of a heartbeat in the lake that pages.
        watched: Whether somebody answers in this environment when nothing is heard.

    Example:
        >>> orders = WatchedLoader(
        ...     dataset="orders", domain="retail", function="f", owner="retail-data", letter_seconds=86_400)
        >>> [rule.name for rule in loader_rules(orders, stale_seconds=900, watched=True)]
        ['orders-dead-letters', 'orders-dead-letters-old', 'orders-loader-errors', 'orders-loader-throttled']
        >>> beats = WatchedLoader(
        ...     dataset="heartbeats", domain="retail", function="f", owner="o", letter_seconds=86_400, heartbeat=True)
        >>> [rule.name for rule in loader_rules(beats, stale_seconds=900, watched=True)][-1]
        'heartbeats-stale'
    """
    rules = (
        _dead_letters(loader),
        _old_letters(loader),
        _faults(
            loader,
            "loader-errors",
            "Errors",
            f"{ERRORS} and more batches failed in each of three times five minutes; the topic waits",
            threshold=ERRORS,
            periods=_QUARTER_HOUR,
        ),
        _faults(
            loader,
            "loader-throttled",
            "Throttles",
            "Batches were turned away for a quarter of an hour: too few calls at a time are reserved",
            threshold=1,
            periods=_QUARTER_HOUR,
        ),
    )
    return (*rules, _stale(loader, stale_seconds, watched=watched)) if loader.heartbeat else rules


def _dead_letters(loader: WatchedLoader) -> AlarmRule:
    return AlarmRule(
        name=f"{loader.dataset}-dead-letters",
        runbook="stream-dead-letters",
        symptom=f"Records of {loader.dataset} could not be loaded; they wait in its topic of dead letters",
        severity="ticket",
        namespace=FIGURES,
        metric="DeadLetters",
        dimensions=figures_of(loader),
        owner=loader.owner,
    )


def _old_letters(loader: WatchedLoader) -> AlarmRule:
    """Silence leaves it as it is: a loader that cannot look is told by its errors."""
    return AlarmRule(
        name=f"{loader.dataset}-dead-letters-old",
        runbook="stream-dead-letters-old",
        symptom=f"A dead letter of {loader.dataset} has waited {loader.letter_seconds // _HOUR} hours and more to be "
        "replayed; retention takes it in the end",
        severity="ticket",
        namespace=FIGURES,
        metric="OldestDeadLetterSeconds",
        dimensions=figures_of(loader),
        statistic="Maximum",
        threshold=loader.letter_seconds,
        period_seconds=FIVE_MINUTES,
        missing="ignore",
        owner=loader.owner,
    )


def _faults(
    loader: WatchedLoader, name: str, metric: str, symptom: str, *, threshold: int, periods: int
) -> AlarmRule:
    return AlarmRule(
        name=f"{loader.dataset}-{name}",
        runbook="stream-loader-failing",
        symptom=symptom,
        severity="page" if metric == "Errors" else "ticket",
        namespace="AWS/Lambda",
        metric=metric,
        dimensions={"FunctionName": loader.function},
        threshold=threshold,
        period_seconds=FIVE_MINUTES,
        periods=periods,
    )


def _stale(loader: WatchedLoader, seconds: int, *, watched: bool) -> AlarmRule:
    """The end of the whole path, measured from the commit in the source to the merge in the lake."""
    return AlarmRule(
        name=f"{loader.dataset}-stale",
        runbook="stream-stale",
        symptom=f"Changes reach the lake {seconds} seconds and more after their commit, or not at all",
        severity="page",
        namespace=FIGURES,
        metric="FreshnessSeconds",
        dimensions=figures_of(loader),
        statistic="Maximum",
        threshold=seconds,
        period_seconds=FIVE_MINUTES,
        periods=_QUARTER_HOUR,
        missing="breaching" if watched else "ignore",
    )


def figures_of(loader: WatchedLoader) -> dict[str, str]:
    """The dimension of what a loader reports."""
    return {"dataset": f"{loader.domain}.{loader.dataset}"}

"""The row of a dashboard of what loads topics into the lake: how fresh, how much, how well, and what it put aside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.observability.loader_rules import figures_of
from data_platform.observability.rules import FIGURES, FIVE_MINUTES
from data_platform.observability.widgets import GRAPH_HEIGHT, TITLE_HEIGHT, Graph, alarm_lines, graphs, title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_platform.observability.loader_rules import WatchedLoader

ROW_HEIGHT = TITLE_HEIGHT + 2 * GRAPH_HEIGHT


def loader_row(
    loaders: Sequence[WatchedLoader], *, stale_seconds: int, top: int, region: str
) -> list[dict[str, Any]]:
    """The widgets of a domain's loaders, `ROW_HEIGHT` units high, a line a dataset in each.

    Args:
        loaders: The loaders.
        stale_seconds: Age of a change at which the path counts as stale.
        top: Units above the row.
        region: Region of the figures.

    Example:
        >>> from data_platform.observability.loader_rules import WatchedLoader
        >>> orders = WatchedLoader(dataset="orders", domain="retail", function="f", owner="o", letter_seconds=86_400)
        >>> row = loader_row([orders], stale_seconds=900, top=18, region="ap-southeast-2")
        >>> row[1]["properties"]["metrics"][1]
        ['DataPlatform', 'FreshnessSeconds', 'dataset', 'retail.orders', {'stat': 'p99', 'label': 'orders p99'}]
    """
    says = "**Loaders**: topics into the lake. Alarms: docs/streaming.md; what is open: `dp streams`"
    shown = _graphs(loaders, stale_seconds)
    return [title(says, top=top), *graphs(shown, top=top + TITLE_HEIGHT, region=region)]


def _graphs(loaders: Sequence[WatchedLoader], stale_seconds: int) -> list[Graph]:
    # A letter may wait as long as its topic's retention allows: the line is where the first alarm rings.
    oldest = min((loader.letter_seconds for loader in loaders), default=0)
    return [
        Graph(
            title="Seconds from commit to lake, p50 and p99",
            statistic="p99",
            metrics=_quantiles("FreshnessSeconds", loaders),
            lines=alarm_lines([("stale", stale_seconds)]),
        ),
        Graph(
            title="Seconds a merge, p50 and p99", statistic="p99", metrics=_quantiles("MergeSeconds", loaders)
        ),
        Graph(title="Records a minute", statistic="Sum", metrics=_lines("Records", loaders)),
        Graph(title="Calls that failed, %", statistic="Sum", metrics=_error_rates(loaders)),
        Graph(title="Dead letters a minute", statistic="Sum", metrics=_lines("DeadLetters", loaders)),
        Graph(
            title="Dead letters open",
            statistic="Maximum",
            metrics=_lines("OpenDeadLetters", loaders),
            period_seconds=FIVE_MINUTES,
        ),
        Graph(
            title="Seconds that the oldest dead letter has waited",
            statistic="Maximum",
            metrics=_lines("OldestDeadLetterSeconds", loaders),
            lines=alarm_lines([("dead-letters-old", oldest)]),
            period_seconds=FIVE_MINUTES,
        ),
        Graph(
            title="Records that came again, a minute", statistic="Sum", metrics=_lines("Duplicates", loaders)
        ),
    ]


def _lines(metric: str, loaders: Sequence[WatchedLoader]) -> list[list[Any]]:
    return [[FIGURES, metric, *_dimension(loader), {"label": loader.dataset}] for loader in loaders]


def _quantiles(metric: str, loaders: Sequence[WatchedLoader]) -> list[list[Any]]:
    return [
        [FIGURES, metric, *_dimension(loader), {"stat": quantile, "label": f"{loader.dataset} {quantile}"}]
        for loader in loaders
        for quantile in ("p50", "p99")
    ]


def _error_rates(loaders: Sequence[WatchedLoader]) -> list[list[Any]]:
    """Failed calls of all calls: two metrics that are not shown, and the expression over them."""
    found: list[list[Any]] = []
    for place, loader in enumerate(loaders):
        expression = f"100 * errors{place} / calls{place}"
        found.append([{"expression": expression, "label": loader.dataset, "id": f"rate{place}"}])
        for name, metric in (("errors", "Errors"), ("calls", "Invocations")):
            hidden = {"id": f"{name}{place}", "visible": False}
            found.append(["AWS/Lambda", metric, "FunctionName", loader.function, hidden])
    return found


def _dimension(loader: WatchedLoader) -> list[str]:
    return [word for pair in figures_of(loader).items() for word in pair]

"""What the state machine is wired to for each database that its domain extracts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, kw_only=True)
class SourceParts:
    """One database as a run sees it.

    Args:
        name: The source's name in contracts.
        datasets: Datasets whose tables are read from it.
        watermarked: Those of them of which only new rows are read.
        task_definition_arn: Revision of the extractor's task.
        container: Name of the task's container.
        log_group: Where that container logs.
        log_prefix: Starts the names of its log streams.
        security_group_ids: Security groups of the task; the database admits them.
        workers: Ranges of one table that are read side by side.
        concurrency: Extractions of this database at the same time.
        alarms: Alarms that say that the database is busy.
        busy_seconds: Longest wait for a database that is busy, or read by as many as it may be.
        task_seconds: Longest time of one extraction.
        bucket: Bucket of raw.
        environment: Which database the task reads, as whom and under which limits, by variable; no secret.
    """

    name: str
    datasets: Sequence[str]
    watermarked: Sequence[str]
    task_definition_arn: str
    container: str
    log_group: str
    log_prefix: str
    security_group_ids: Sequence[str]
    workers: int
    concurrency: int
    alarms: Sequence[str]
    busy_seconds: int
    task_seconds: int
    bucket: str
    environment: Mapping[str, str]

    @property
    def item(self) -> str:
        """The source's own name in the run ledger, beside those of datasets."""
        return f"source:{self.name}"

    def told(self) -> dict[str, Any]:
        """What the states look up at run time."""
        return {
            "method": "extractor",
            "name": self.name,
            "datasets": list(self.datasets),
            "watermarked": list(self.watermarked),
            "task_definition": self.task_definition_arn,
            "container": self.container,
            "log_group": self.log_group,
            "log_prefix": self.log_prefix,
            "security_groups": list(self.security_group_ids),
            "workers": self.workers,
            "concurrency": self.concurrency,
            "alarms": list(self.alarms),
            "busy_seconds": self.busy_seconds,
            "bucket": self.bucket,
            "environment": [{"Name": name, "Value": value} for name, value in self.environment.items()],
        }

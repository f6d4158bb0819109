"""What the state machine is wired to for each database that DMS copies for its domain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, kw_only=True)
class ReplicatedParts:
    """One database as a run sees it, of which DMS copies tables.

    Args:
        name: The source's name in contracts.
        engine: Engine of the database.
        tables: `schema.table` by dataset.
        replication: ARN of the replication's configuration.
        alarms: Alarms that say that the database is busy.
        busy_seconds: Longest wait for a database that is busy, or copied by somebody else.
        task_seconds: Longest time of one copy.
        bucket: Bucket of raw.
        changes: Whether DMS goes on with what changes: a run then takes what came since the run before.
    """

    name: str
    engine: str
    tables: Mapping[str, str]
    replication: str
    alarms: Sequence[str]
    busy_seconds: int
    task_seconds: int
    bucket: str
    changes: bool = False

    @property
    def item(self) -> str:
        """The source's own name in the run ledger, beside those of datasets."""
        return f"source:{self.name}"

    def told(self) -> dict[str, Any]:
        """What the states look up at run time."""
        return {
            "method": "dms",
            "name": self.name,
            "engine": self.engine,
            "datasets": list(self.tables),
            "tables": dict(self.tables),
            "replication": self.replication,
            "concurrency": 1,  # a replication runs once or not
            "alarms": list(self.alarms),
            "busy_seconds": self.busy_seconds,
            "task_seconds": self.task_seconds,
            "bucket": self.bucket,
            "changes": self.changes,
        }

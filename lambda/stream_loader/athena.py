"""Runs a statement in Athena to its end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_WAITS = (0.1, 0.2, 0.5, 1.0)  # seconds between looks; the last one again and again
_PROLONG_SECONDS = 15.0
_TRIES = 5
# Compaction or another writer committed to the table meanwhile: the statement may be sent again.
_CONFLICTS = ("ICEBERG_COMMIT_ERROR", "CommitFailedException", "ValidationException", "TRANSACTION_CONFLICT")


class MergeFailed(Exception):
    """Athena refused or failed a statement of the merge; the message says which query."""


class Athena:
    """Athena in one workgroup.

    Args:
        client: Client.
        workgroup: The workgroup, which says where results lie.
    """

    def __init__(self, client: Any, workgroup: str) -> None:
        self._client, self._workgroup = client, workgroup

    def run(self, sql: str, *, while_waiting: Callable[[], None]) -> None:
        """Run a statement; one that met another commit is sent again.

        Args:
            sql: The statement.
            while_waiting: Called every quarter of a minute.

        Raises:
            MergeFailed: when it does not succeed.
        """
        for attempt in range(1, _TRIES + 1):
            query = self._client.start_query_execution(QueryString=sql, WorkGroup=self._workgroup)
            status = self._ended(query["QueryExecutionId"], while_waiting)
            if status["State"] == "SUCCEEDED":
                return
            reason = status.get("StateChangeReason", "no reason given")
            if attempt == _TRIES or not any(conflict in reason for conflict in _CONFLICTS):
                raise MergeFailed(
                    f"query {query['QueryExecutionId']} in workgroup {self._workgroup} {status['State']}: {reason}. "
                    "The files stay committed in raw and are merged by the next attempt."
                )
            time.sleep(attempt)

    def _ended(self, query: str, while_waiting: Callable[[], None]) -> dict[str, Any]:
        looks, prolonged = 0, time.monotonic()
        while True:
            execution = self._client.get_query_execution(QueryExecutionId=query)["QueryExecution"]
            status: dict[str, Any] = execution["Status"]
            if status["State"] not in ("QUEUED", "RUNNING"):
                return status
            if time.monotonic() - prolonged > _PROLONG_SECONDS:
                while_waiting()
                prolonged = time.monotonic()
            time.sleep(_WAITS[min(looks, len(_WAITS) - 1)])
            looks += 1

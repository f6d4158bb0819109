"""The awslogs driver: a process's output, line by line, in a log stream, written by the execution role."""

from __future__ import annotations

import queue
import threading
import time
from typing import IO, Any

from local import identity
from local.services.ecs.launch import CannotStart, execution_role, session

_BATCH_SECONDS = 0.3
_BATCH_LINES = 500
_LONGEST_LINE = 250_000


class Output:
    """Where the lines of one container go.

    Args:
        task: ministack's record of the task.
        definition: Its task definition.
        container: The container's definition.

    Raises:
        CannotStart: The stream cannot be made, as AWS checks before it starts a container.
    """

    def __init__(self, task: dict[str, Any], definition: dict[str, Any], container: dict[str, Any]) -> None:
        self._lines: queue.Queue[tuple[int, str] | None] = queue.Queue()
        self._writer: threading.Thread | None = None
        configuration = container.get("logConfiguration") or {}
        self._options = configuration.get("options") or {}
        if configuration.get("logDriver") != "awslogs":
            return
        role = execution_role(task, definition)
        if role is None:
            raise CannotStart("ResourceInitializationError: the awslogs driver needs an executionRoleArn")
        self._client = identity.client(session(task, role, what="execution role"), "logs")
        prefix = self._options.get("awslogs-stream-prefix", "ecs")
        self._stream = f"{prefix}/{container['name']}/{task['taskArn'].rsplit('/', 1)[-1]}"
        self._make_stream()
        self._writer = threading.Thread(target=self._write, daemon=True, name="ecs-awslogs")
        self._writer.start()

    def _make_stream(self) -> None:
        group = self._options.get("awslogs-group", "")
        try:
            if str(self._options.get("awslogs-create-group", "")).lower() == "true":
                self._make_group(group)
            self._client.create_log_stream(logGroupName=group, logStreamName=self._stream)
        except Exception as error:
            raise CannotStart(
                f"ResourceInitializationError: failed to validate logger args: create stream has been retried "
                f"1 times: failed to create CloudWatch log stream: {error}"
            ) from error

    def _make_group(self, group: str) -> None:
        try:
            self._client.create_log_group(logGroupName=group)
        except self._client.exceptions.ResourceAlreadyExistsException:
            return

    def follow(self, stream: IO[str]) -> None:
        """Take every line of a process's output until it closes."""
        for line in stream:
            if self._writer is not None:
                self._lines.put((int(time.time() * 1000), line.rstrip("\n")[:_LONGEST_LINE] or " "))

    def close(self) -> None:
        """Write what is left; returns when all lines are in the stream."""
        if self._writer is not None:
            self._lines.put(None)
            self._writer.join(timeout=10)

    def _write(self) -> None:
        open_ = True
        while open_:
            batch = [self._lines.get()]
            until = time.monotonic() + _BATCH_SECONDS
            while batch[-1] is not None and len(batch) < _BATCH_LINES:
                try:
                    batch.append(self._lines.get(timeout=max(until - time.monotonic(), 0)))
                except queue.Empty:
                    break
            open_ = batch[-1] is not None
            events = [{"timestamp": line[0], "message": line[1]} for line in batch if line is not None]
            if events:
                self._put(events)

    def _put(self, events: list[dict[str, Any]]) -> None:
        try:
            self._client.put_log_events(
                logGroupName=self._options["awslogs-group"], logStreamName=self._stream, logEvents=events
            )
        except Exception:  # as with Docker's driver, a lost log line does not stop the container
            return

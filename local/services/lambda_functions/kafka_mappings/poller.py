"""One poller of a mapping: reads, invokes, and says to Kafka how far it has come, in this order.

What was read is committed when the function has taken it, so that a poller that dies loses nothing. A batch that
fails is tried again until it is taken: records of a partition never overtake each other.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from local.services.lambda_functions.kafka_mappings import (
    access,
    connection,
    event,
    invocation,
    positions,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

logger = logging.getLogger("local.lambda.kafka")

Record = dict[str, Any]
CALL_FAILED = "PROBLEM: Function call failed"
_IDLE_SECONDS = 0.5
_CHECK_SECONDS = 5.0
_SETTLE_SECONDS = 1.0
_WINDOW_SECONDS = 0.5
_MOMENT_SECONDS = 0.1
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 15.0


class Poller:
    """Reads for a mapping until it is told to stop.

    Args:
        mapping: its record; what the poller says of itself is written there.
        account: whose it is.
        region: where it is.
    """

    def __init__(self, mapping: Record, account: str, region: str) -> None:
        self._mapping = mapping
        self._scope = (account, region)
        self._stopping = threading.Event()
        self._consumer: Any = None
        self._held: list[Any] = []
        self._rebalances = 0
        self._paused = False
        self._brokers = ""
        self._checked = 0.0
        self._thread = threading.Thread(target=self._run, daemon=True, name="lambda-kafka-poller")

    def start(self) -> None:
        """Begin to read, on a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Say that it shall end; what it has in hand is finished first."""
        self._stopping.set()

    def wait(self, seconds: float) -> bool:
        """Wait for its end; False when it has not come."""
        self._thread.join(max(seconds, 0))
        return not self._thread.is_alive()

    def _run(self) -> None:
        from ministack.core.responses import request_scope

        with request_scope(*self._scope):
            while not self._stopping.is_set():
                try:
                    self._turn()
                except Exception:
                    logger.exception("A poller of %s begins anew", self._mapping["UUID"])
                    self._leave()
                    self._stopping.wait(_SETTLE_SECONDS)
            self._leave()

    def _turn(self) -> None:
        if time.monotonic() - self._checked > _CHECK_SECONDS:
            problem = access.problem(self._mapping)
            self._tell_problem(problem)
            if problem or connection.bootstrap(self._mapping) != self._brokers:
                self._leave()
            if problem:
                self._stopping.wait(_SETTLE_SECONDS)
                return
            self._checked = time.monotonic()
        if self._consumer is None:
            self._join()
        if not self._held:
            self._gather()
        if self._held:
            self._deliver(self._held[: event.first_cut(self._held)])

    def _tell_problem(self, problem: str) -> None:
        told = self._mapping["LastProcessingResult"]
        if problem and told != problem:
            logger.warning("%s: %s", self._mapping["UUID"], problem)
            self._mapping["LastProcessingResult"] = problem
        elif not problem and told in access.PROBLEMS:
            self._mapping["LastProcessingResult"] = "No records processed"

    @property
    def _no_topic(self) -> str:
        return f"PROBLEM: The topic {self._mapping['Topics'][0]} does not exist."

    def _join(self) -> None:
        from confluent_kafka import Consumer

        self._brokers = connection.bootstrap(self._mapping)
        self._consumer = Consumer(connection.settings(self._mapping))
        self._consumer.subscribe(self._mapping["Topics"], on_assign=self._assign, on_revoke=self._revoke)

    def _leave(self) -> None:
        consumer, self._consumer = self._consumer, None
        self._held, self._paused, self._checked = [], False, 0.0
        self._rebalances += 1
        if consumer is not None:
            with contextlib.suppress(RuntimeError):
                consumer.close()

    def _assign(self, consumer: Any, partitions: list[Any]) -> None:
        self._paused = False
        if partitions and self._mapping["LastProcessingResult"] == self._no_topic:
            self._mapping["LastProcessingResult"] = "No records processed"
        consumer.assign(positions.of(consumer, partitions, self._mapping))

    def _revoke(self, _: Any, __: list[Any]) -> None:
        self._rebalances += 1
        self._held = []

    def _gather(self) -> None:
        """Read until the batch is full or the window is over."""
        size = int(self._mapping["BatchSize"])
        self._take([self._consumer.poll(_IDLE_SECONDS)])
        until = time.monotonic() + float(self._mapping.get("MaximumBatchingWindowInSeconds", _WINDOW_SECONDS))
        while self._held and len(self._held) < size and not self._stopping.is_set():
            left = until - time.monotonic()
            if left < 0 or event.first_cut(self._held) < len(self._held):
                return
            self._take(self._consumer.consume(size - len(self._held), timeout=min(left, _IDLE_SECONDS)))

    def _take(self, messages: Sequence[Any]) -> None:
        for message in messages:
            if message is None:
                continue
            if message.error() is None:
                self._held.append(message)
            elif message.error().name() in ("UNKNOWN_TOPIC_OR_PART", "_UNKNOWN_TOPIC"):
                self._tell_problem(self._no_topic)

    def _deliver(self, messages: list[Any]) -> None:
        """Invoke until the batch is taken, then commit; a batch whose partitions are taken away is another's."""
        arn, began = self._mapping["EventSourceArn"], self._rebalances
        batch, pause = event.event(arn, self._brokers, messages), _FIRST_PAUSE_SECONDS
        while not invocation.invoke(self._mapping, batch):
            self._mapping["LastProcessingResult"] = CALL_FAILED
            self._stand_by(pause)
            if self._is_over(began):
                return
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        self._mapping["LastProcessingResult"] = "OK"
        if self._commit(positions.after(messages), began):
            self._held = self._held[len(messages) :]
        self._resume()

    def _commit(self, offsets: list[Any], began: int) -> bool:
        from confluent_kafka import KafkaException

        while True:
            try:
                self._consumer.commit(offsets=offsets, asynchronous=False)
            except KafkaException as error:
                logger.warning("%s: a commit failed: %s", self._mapping["UUID"], error)
            else:
                return True
            self._stand_by(_SETTLE_SECONDS)
            if self._is_over(began):
                return False

    def _is_over(self, began: int) -> bool:
        return self._stopping.is_set() or self._rebalances != began

    def _stand_by(self, seconds: float) -> None:
        """Wait as a member of the group that reads nothing, so that others can join it."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._stopping.is_set():
            if not self._paused:
                self._consumer.pause(self._consumer.assignment())
                self._paused = True
            self._take([self._consumer.poll(_MOMENT_SECONDS)])  # of a partition that came in this moment

    def _resume(self) -> None:
        if self._paused:
            self._consumer.resume(self._consumer.assignment())
            self._paused = False

"""Records that cannot be enriched, written to the dead letters of their topic as they came, with the reason in headers.

The headers are the loader's, so that `dp streams` counts these letters and `dp replay` sends them again.
"""

from __future__ import annotations

import base64
import datetime as dt
from typing import TYPE_CHECKING, Any

from confluent_kafka import Producer
from event_producer import NotAcknowledged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from log_enrichment.reading import Poison

_LARGEST = 8 << 20  # bytes of a record in the topic of dead letters
_SECONDS = 60


class Letters:
    """The dead letters of the topics that are read.

    Args:
        connection: Settings of a client.
        function: The function and its version, `<name>:<version>`.
    """

    def __init__(self, connection: Mapping[str, Any], function: str) -> None:
        self._function = function
        self._faults: list[str] = []
        self._producer = Producer(
            {
                **connection,
                "enable.idempotence": True,
                "acks": "all",
                "message.max.bytes": _LARGEST,
                "delivery.timeout.ms": _SECONDS * 1000,
            }
        )
        self._producer.poll(0)

    def write(self, record: Mapping[str, Any], poison: Poison) -> None:
        """Hand a record over; `flush` tells whether it is there."""
        said = {
            "dp.error.class": poison.error_class,
            "dp.error.reason": poison.reason,
            "dp.error.column": poison.column,
            "dp.topic": record["topic"],
            "dp.partition": str(record["partition"]),
            "dp.offset": str(record["offset"]),
            "dp.timestamp": str(record["timestamp"]),
            "dp.failed.at": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
            "dp.loader": self._function,
        }
        own: list[tuple[str, str | bytes | None]] = [
            # The mapping writes Java's bytes, -128 to 127.
            (name, bytes(byte & 0xFF for byte in value))
            for header in record.get("headers") or ()
            for name, value in header.items()
        ]
        self._producer.produce(
            f"{record['topic']}.dlq",
            key=_content(record.get("key")),
            value=_content(record.get("value")),
            headers=[*own, *said.items()],
            on_delivery=self._told,
        )

    def flush(self) -> None:
        """Wait until every letter is there.

        Raises:
            NotAcknowledged: when one is not.
        """
        left = self._producer.flush(_SECONDS + 1)
        faults, self._faults = self._faults, []
        if left or faults:
            raise NotAcknowledged(
                f"{left + len(faults)} dead letters are not there: {faults[:1] or 'no answer'}"
            )

    def _told(self, error: Any, _: object) -> None:
        if error is not None:
            self._faults.append(str(error))


def _content(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)

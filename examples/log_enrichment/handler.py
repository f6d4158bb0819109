"""The function: `log_enrichment.handler.handle`, called by the event source mapping of the topic of web requests.

At least once: a batch is sent again until all of it is acknowledged, and what is written twice has one id, by which the
loader inserts it once. Environment: `CLUSTER_ARN`, `REGISTRY`, `ENRICHED_TOPIC`, `FAILED_TOPIC`, and `AWS_CA_BUNDLE`
where TLS has an authority of its own.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from event_producer import EventProducer, Misfit, Subjects, iam_connection

from log_enrichment.enrich import enriched, failed
from log_enrichment.letters import Letters
from log_enrichment.reading import Poison, Reader

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Enricher:
    """Reads requests, and writes them on.

    Args:
        reader: Decodes records.
        all_requests: Where every request goes.
        failures: Where those go that the servers failed to answer.
        letters: Where what cannot be enriched goes.
    """

    reader: Reader
    all_requests: EventProducer
    failures: EventProducer
    letters: Letters

    def enrich(self, event: Mapping[str, Any]) -> dict[str, int]:
        """Enrich a batch; all of it is in Kafka when this returns.

        Args:
            event: Of the event source mapping for MSK.

        Returns:
            How many requests were enriched, how many of them had failed, how many became dead letters.

        Raises:
            NotAcknowledged: when Kafka has not taken a record; the batch is to be sent again.
            botocore.exceptions.ClientError: when the registry does not answer.
        """
        counts = {"enriched": 0, "failed": 0, "dead_letters": 0}
        for record in (one for records in event["records"].values() for one in records):
            try:
                row = self._row(record)
                failure = failed(row)
                self.all_requests.send(row)
                if failure is not None:
                    self.failures.send(failure)
            except Poison as poison:
                self.letters.write(record, poison)
                counts["dead_letters"] += 1
            except Misfit as misfit:
                self.letters.write(record, Poison("SchemaMismatch", misfit.reason, misfit.column))
                counts["dead_letters"] += 1
            else:
                counts["enriched"] += 1
                counts["failed"] += failure is not None
        for written in (self.all_requests, self.failures, self.letters):
            written.flush()
        return counts

    def _row(self, record: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return enriched(self.reader.row(record))
        except (KeyError, TypeError) as error:
            raise Poison("SchemaMismatch", f"a request must say {error}") from None


def handle(event: Mapping[str, Any], _: object) -> dict[str, int]:
    """Enrich a batch (`Enricher.enrich`).

    Args:
        event: Of Lambda's event source mapping for MSK.
    """
    return _enricher().enrich(event)


@cache
def _enricher() -> Enricher:
    connection = iam_connection(
        boto3.client("kafka"), os.environ["CLUSTER_ARN"], certificates=os.environ.get("AWS_CA_BUNDLE")
    )
    function = f"{os.environ['AWS_LAMBDA_FUNCTION_NAME']}:{os.environ['AWS_LAMBDA_FUNCTION_VERSION']}"
    return enricher(
        boto3.client("glue"),
        connection,
        registry=os.environ["REGISTRY"],
        topics=(os.environ["ENRICHED_TOPIC"], os.environ["FAILED_TOPIC"]),
        function=function,
    )


def enricher(
    glue: Any, connection: Mapping[str, Any], *, registry: str, topics: tuple[str, str], function: str
) -> Enricher:
    """The parts of a function.

    Args:
        glue: Client.
        connection: Settings of a Kafka client.
        registry: Name of the registry.
        topics: Of all requests, and of those that failed.
        function: Its name and version.

    Raises:
        UnusableSubject: when the registry has no schema of one of the topics.
    """
    subjects = Subjects(glue, registry)
    return Enricher(
        reader=Reader(glue, registry),
        all_requests=EventProducer(topics[0], subjects, connection),
        failures=EventProducer(topics[1], subjects, connection),
        letters=Letters(connection, function),
    )

"""The function: `stream_loader.handler.handle`, called by the event source mapping of a dataset's topic."""

from __future__ import annotations

import os
import uuid
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3

from jobs.masking.secret_keys import SecretKeys
from stream_loader import kafka_login, plan
from stream_loader.athena import Athena
from stream_loader.backlog import Backlog
from stream_loader.dead_letters import DeadLetters
from stream_loader.files import Files
from stream_loader.items import Items
from stream_loader.judge import Judge
from stream_loader.ledger import Ledger
from stream_loader.loader import Loader, Parts
from stream_loader.measures import Measures
from stream_loader.merge import Merge
from stream_loader.open_letters import open_letters, tell
from stream_loader.postponement import Postponement
from stream_loader.schemas import Schemas
from stream_loader.settings import Settings
from stream_loader.writers import Writers

if TYPE_CHECKING:
    from collections.abc import Mapping

_MARGIN_SECONDS = 10.0  # of the function's time, for a statement that ends after the last look


def handle(event: Mapping[str, Any], context: Any) -> dict[str, int]:
    """Load a batch, or look at what waits: rows to be merged, and dead letters.

    Args:
        event: Of Lambda's event source mapping for MSK (`stream_loader.event.batches`); or `{"look": "dead-letters"}`,
            which a schedule sends, since letters grow old while a topic is quiet.
        context: Of Lambda.

    Returns:
        What was counted (`stream_loader.loader.Loader.load`); of a look, how many dead letters are open, and how
            many files were merged that a call had left to the next one.

    Raises:
        Exception: when AWS, Kafka or Athena fail; the mapping sends the batch again.
    """
    call = f"{context.aws_request_id}.{uuid.uuid4().hex[:8]}"
    if event.get("look") == "dead-letters":
        return _look(_loader(), call)
    return _loader().load(
        event,
        call=call,
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1000 - _MARGIN_SECONDS,
    )


def _look(one: Loader, call: str) -> dict[str, int]:
    found = open_letters(one.parts.dead_letters, one.parts.items)
    tell(found, Measures(one.parts.plan.dataset))
    return {"open_dead_letters": found.count, "merged_files": one.merge_left(call=call)}


@cache
def _loader() -> Loader:
    settings = Settings.of(os.environ)
    return loader(settings, boto3.client)


def loader(settings: Settings, client: Any) -> Loader:
    """The loader of a function's environment.

    Args:
        settings: The environment.
        client: Gives a client by the service's name.

    Raises:
        botocore.exceptions.ClientError: when the plan cannot be read.
    """
    read = plan.load(client("s3"), settings.plan_bucket, settings.plan_key)
    items = Items(client("dynamodb"), table=settings.ledger_table, topic=read.topic)
    schemas = Schemas(client("glue"), registry=read.registry, subject=read.topic, data_format=read.format)
    files = Files(items)
    group = f"{read.topic}.loader"

    def connection() -> dict[str, Any]:
        return kafka_login.settings(client("kafka"), settings.cluster_arn, settings.certificates)

    return Loader(
        Parts(
            plan=read,
            s3=client("s3"),
            judge=Judge(read, Writers(read, schemas), SecretKeys(client("secretsmanager"), read.token_key)),
            items=items,
            ledger=Ledger(items),
            files=files,
            dead_letters=DeadLetters(
                connection, topic=read.dead_letters, group=group, loader=settings.function
            ),
            merge=Merge(read, files, Athena(client("athena"), settings.workgroup)),
            postponement=Postponement(Backlog(connection, topic=read.topic, group=group)),
        )
    )

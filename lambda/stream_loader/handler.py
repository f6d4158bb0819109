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
from stream_loader.dead_letters import DeadLetters
from stream_loader.files import Files
from stream_loader.items import Items
from stream_loader.judge import Judge
from stream_loader.ledger import Ledger
from stream_loader.loader import Loader, Parts
from stream_loader.measures import Measures
from stream_loader.merge import Merge
from stream_loader.open_letters import open_letters, tell
from stream_loader.schemas import Schemas
from stream_loader.settings import Settings
from stream_loader.writers import Writers

if TYPE_CHECKING:
    from collections.abc import Mapping

_MARGIN_SECONDS = 10.0  # of the function's time, for a statement that ends after the last look


def handle(event: Mapping[str, Any], context: Any) -> dict[str, int]:
    """Load a batch, or look how long dead letters have waited.

    Args:
        event: Of Lambda's event source mapping for MSK (`stream_loader.event.batches`); or `{"look": "dead-letters"}`,
            which a schedule sends, since letters grow old while a topic is quiet.
        context: Of Lambda.

    Returns:
        What was counted (`stream_loader.loader.Loader.load`); of a look, how many dead letters are open.

    Raises:
        Exception: when AWS, Kafka or Athena fail; the mapping sends the batch again.
    """
    if event.get("look") == "dead-letters":
        return _look(_loader().parts)
    return _loader().load(
        event,
        call=f"{context.aws_request_id}.{uuid.uuid4().hex[:8]}",
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1000 - _MARGIN_SECONDS,
    )


def _look(parts: Parts) -> dict[str, int]:
    found = open_letters(parts.dead_letters, parts.items)
    tell(found, Measures(parts.plan.dataset))
    return {"open_dead_letters": found.count}


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
    dead_letters = DeadLetters(
        lambda: kafka_login.settings(client("kafka"), settings.cluster_arn, settings.certificates),
        topic=read.dead_letters,
        group=f"{read.topic}.loader",
        loader=settings.function,
    )
    return Loader(
        Parts(
            plan=read,
            s3=client("s3"),
            judge=Judge(read, Writers(read, schemas), SecretKeys(client("secretsmanager"), read.token_key)),
            items=items,
            ledger=Ledger(items),
            files=files,
            dead_letters=dead_letters,
            merge=Merge(read, files, Athena(client("athena"), settings.workgroup)),
        )
    )

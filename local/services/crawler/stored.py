"""The crawlers that exist, in ministack's store."""

from __future__ import annotations

from typing import Any

from ministack.services import glue

from local.services.refusal import Refusal


def required(name: str) -> dict[str, Any]:
    """The record of a crawler.

    Raises:
        Refusal: when it does not exist.
    """
    record: dict[str, Any] | None = glue._crawlers.get(name)
    if record is None:
        raise Refusal("EntityNotFoundException", f"Crawler {name} does not exist.")
    return record

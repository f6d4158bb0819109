"""What AWS services say about themselves: events with a source of `aws.`, on the default bus."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


def emit(source: str, detail_type: str, detail: dict[str, Any], *, resources: Sequence[str] = ()) -> None:
    """Put an event of an AWS service on the default bus of the current account and region.

    Args:
        source: Such as `aws.backup`; customers cannot send these.
        detail_type: Such as `Backup Job State Change`.
        detail: The event's own fields.
        resources: ARNs that it is about.
    """
    from ministack.services import eventbridge

    entry = {
        "Source": source,
        "DetailType": detail_type,
        "Detail": json.dumps(detail, default=str),
        "Resources": list(resources),
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)

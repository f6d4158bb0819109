"""The compiled plans in S3, as what is to be read of each table."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from data_platform.contracts.errors import did_you_mean
from data_platform.contracts.odcs import load_dataset
from jobs.extraction.outcome import Refused, WrongCall
from jobs.extraction.table_read import TableRead

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from data_platform.contracts.model import Dataset

_GONE = 404


def table_reads(s3: Any, plans: Sequence[str], *, source: str, since: Mapping[str, str]) -> list[TableRead]:
    """What the plans say, one table each.

    Args:
        s3: Client.
        plans: `s3://bucket/key` of each.
        source: The database that the task reads; every plan must be of it.
        since: High of the run before, ISO 8601, by dataset.

    Raises:
        Refused: when a plan is none of an extracted dataset of this source.
        WrongCall: when there is no such plan, or `since` names a dataset that is none of theirs.
    """
    reads = [_read(_plan(s3, place), place, source, since) for place in plans]
    names = [read.dataset.name for read in reads]
    for name in since:
        if name not in names:
            close = did_you_mean(name, names)
            raise WrongCall(
                f"--since {name}: no plan is of it; allowed: {', '.join(names)}" + f"; {close}" * bool(close)
            )
    if len(set(names)) < len(names):
        raise WrongCall(f"--plan: a dataset is named twice in {', '.join(names)}")
    if len({read.raw_bucket for read in reads}) > 1:
        raise WrongCall(
            "--plan: the plans are of several raw buckets, and one manifest commits one; call once a domain"
        )
    return reads


def _plan(s3: Any, place: str) -> dict[str, Any]:
    parts = urlsplit(place)
    try:
        answer = s3.get_object(Bucket=parts.netloc, Key=parts.path.lstrip("/"))
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == _GONE:
            raise WrongCall(f"--plan {place}: there is no such object") from None
        raise
    try:
        plan: dict[str, Any] = json.loads(answer["Body"].read())
    except ValueError:
        raise Refused(f"{place}: is no JSON; deploy the domain again, which writes its plans") from None
    return plan


def _read(plan: dict[str, Any], place: str, source: str, since: Mapping[str, str]) -> TableRead:
    if plan.get("method") != "extractor" or "extract" not in plan:
        raise Refused(
            f"{place}: the dataset's rows come by method {plan.get('method')!r}; allowed: extractor"
        )
    extract = plan["extract"]
    if extract["source"] != source:
        raise Refused(f"{place}: is of source {extract['source']!r}, and SOURCE_NAME is {source!r}")
    dataset = _dataset(plan, extract["contract"])
    mark = extract.get("watermark")
    high = since.get(dataset.name) if mark else None
    return TableRead(
        dataset=dataset,
        table=extract["table"],
        watermark=mark["column"] if mark else None,
        since=high,
        low=_before(high, mark["overlap_minutes"]) if mark and high else None,
        raw_bucket=extract["raw_bucket"],
        raw_prefix=extract["raw_prefix"],
        token_key=extract.get("token_key"),
    )


def _dataset(plan: Mapping[str, Any], contract: str) -> Dataset:
    """The contract, read as everything else reads it: from a file in its domain's folder."""
    with tempfile.TemporaryDirectory(prefix="contract-") as folder:
        file = Path(folder, plan["domain"], f"{plan['dataset']}.odcs.yaml")
        file.parent.mkdir()
        file.write_text(contract, encoding="utf-8")
        return load_dataset(file)


def _before(high: str, minutes: int) -> str:
    """Where to begin: the overlap before what was seen last.

    Example:
        >>> _before("2026-01-05T00:30:00Z", 60)
        '2026-01-04T23:30:00.000000Z'
        >>> _before("0044-03-15T12:00:00Z", 60)
        '0044-03-15T11:00:00.000000Z'
    """
    moment = dt.datetime.fromisoformat(high).astimezone(dt.UTC) - dt.timedelta(minutes=minutes)
    # strftime would write years below 1000 short.
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"

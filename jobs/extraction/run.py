"""One extraction, from the plans to the commit."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from data_platform.contracts.tokens import TokenKeys
from jobs.extraction.credentials import password_of
from jobs.extraction.manifest import Manifest, table_entry
from jobs.extraction.outcome import Refused
from jobs.extraction.pace import Pace
from jobs.extraction.parts import Parts
from jobs.extraction.plan import table_reads
from jobs.extraction.workers import read_all

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jobs.extraction.settings import SourceSettings
    from jobs.extraction.table_read import Described, Snapshot, TableRead


@dataclass(frozen=True, kw_only=True)
class Committed:
    """What is in raw now. `new` is False when an earlier call with the same id had committed it."""

    bucket: str
    key: str
    manifest: dict[str, Any]
    new: bool


def extract(
    settings: SourceSettings,
    client: Callable[[str], Any],
    *,
    plans: Sequence[str],
    ingest_date: str,
    extraction: str,
    since: Mapping[str, str],
    workers: int,
) -> Committed:
    """Read the tables of the plans under one snapshot and commit them together, unless that is done.

    Args:
        settings: The database.
        client: Gives a client of an AWS service.
        plans: Where the compiled plans are.
        ingest_date: The day.
        extraction: The id.
        since: High of the run before, by dataset.
        workers: Connections that read at once, as far as the budget goes.

    Raises:
        Refused: when what is asked or what the tables hold cannot be kept; nothing is committed.
        Unreachable: when the database does not answer; nothing is committed.
        ClientError: when AWS refuses; nothing is committed.
    """
    s3 = client("s3")
    reads = table_reads(s3, plans, source=settings.name, since=since)
    bucket = reads[0].raw_bucket
    manifest = Manifest(
        s3, bucket=bucket, source=settings.name, ingest_date=ingest_date, extraction=extraction
    )
    there = manifest.found()
    if there is not None:
        return Committed(bucket=bucket, key=manifest.key, manifest=there, new=False)
    started = _now()
    keys = _token_keys(client, reads)
    snapshot = _snapshot(settings, min(workers, settings.connections), reads)
    try:
        described = _described(snapshot, reads)
        pace = Pace(settings.rows_per_second)
        tables = {
            one.read.dataset.name: _table(s3, snapshot, one, ingest_date=ingest_date, keys=keys, pace=pace)
            for one in described
        }
    finally:
        snapshot.close()
    content = {
        "extraction": extraction,
        "source": settings.name,
        "ingest_date": ingest_date,
        "engine": settings.engine,
        "snapshot": snapshot.position,
        "started_at": started,
        "finished_at": _now(),
        "tables": tables,
    }
    committed, new = manifest.commit(content)
    return Committed(bucket=bucket, key=manifest.key, manifest=committed, new=new)


def _described(snapshot: Snapshot, reads: Sequence[TableRead]) -> list[Described]:
    """How each table is read; whatever is wrong with any of them is said at once, before a row is read."""
    described, wrong = [], []
    for read in reads:
        try:
            one, found = snapshot.describe(read)
        except Refused as refusal:
            wrong.append(str(refusal))
            continue
        described.append(one)
        wrong += [f"{read.table}: {sentence}" for sentence in found]
    if wrong:
        raise Refused("\n".join([*wrong, "Mend the table or the contract; nothing was read."]))
    return described


def _table(
    s3: Any, snapshot: Snapshot, one: Described, *, ingest_date: str, keys: TokenKeys | None, pace: Pace
) -> dict[str, Any]:
    parts = Parts(s3, one.read, ingest_date, one.columns)
    try:
        read_all(snapshot, one, parts, keys=keys, pace=pace)
        high = snapshot.high(one) or one.read.since
        done = parts.finish()
    except BaseException:
        parts.abort()
        raise
    return table_entry(parts.prefix, done, low=one.read.low, high=high)


def _snapshot(settings: SourceSettings, connections: int, reads: Sequence[TableRead]) -> Snapshot:
    password = password_of(settings)
    if settings.engine == "postgres":
        from jobs.extraction.postgres.snapshot import PostgresSnapshot  # noqa: PLC0415 - the other's driver is heavy

        return PostgresSnapshot(settings, password, connections)
    from jobs.extraction.mysql.snapshot import MysqlSnapshot  # noqa: PLC0415

    return MysqlSnapshot(settings, password, connections, [read.name for read in reads])


def _token_keys(client: Callable[[str], Any], reads: Sequence[TableRead]) -> TokenKeys | None:
    names = {read.token_key for read in reads if read.token_key}
    if not names:
        return None
    if len(names) > 1:
        raise Refused(f"the plans name several token keys ({', '.join(sorted(names))}); call once a domain")
    answer = client("secretsmanager").get_secret_value(SecretId=names.pop())
    return TokenKeys.parse(answer["SecretString"])


def _now() -> str:
    return dt.datetime.now(tz=dt.UTC).isoformat().replace("+00:00", "Z")

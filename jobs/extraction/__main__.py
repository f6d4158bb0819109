"""`python -m jobs.extraction`: tables of a database to raw, under one snapshot, committed at once."""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import os
import re
import sys
from contextlib import suppress
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import boto3
import pyarrow as pa
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from data_platform.contracts.errors import ContractError
from data_platform.contracts.tokens import UnusableTokenKeyError
from jobs.extraction.outcome import Refused, Unreachable, WrongCall
from jobs.extraction.run import extract
from jobs.extraction.settings import SourceSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobs.extraction.run import Committed

_HELP = """\
Read tables of a database and put them into raw as Parquet, one row of the manifest a table. All tables are read under
one snapshot by several connections, values are masked as the contract says before the first byte is written, and the
manifest commits them together: before it nothing is visible. The same --extraction finds what it committed.

The database is described by the environment: SOURCE_NAME, SOURCE_ENGINE (postgres, mysql), SOURCE_HOST, SOURCE_PORT,
SOURCE_DATABASE, SOURCE_USER, SOURCE_AUTH (iam, secret), SOURCE_SECRET_ARN, RDS_CA_BUNDLE, SOURCE_STATEMENT_SECONDS,
SOURCE_CONNECTIONS, SOURCE_ROWS_PER_SECOND (0: no limit), AWS_REGION. AWS is called with the environment's credentials
(AWS_ENDPOINT_URL and AWS_CA_BUNDLE are honoured)."""

_EXAMPLES = """\
examples:
  python -m jobs.extraction --plan s3://plans/retail/orders.json --date 2026-01-31 --extraction 2026-01-31-1
  python -m jobs.extraction --plan s3://plans/retail/orders.json --plan s3://plans/retail/customers.json \\
      --date 2026-01-31 --extraction 2026-01-31-1 --since orders=2026-01-30T20:00:00Z --workers 4 --json

exit codes: 0 committed (or found committed), 1 refused by name: types, columns, values or the contract are not right,
2 wrong call, 3 the database or AWS did not answer: nothing is visible, the same call may be repeated"""

ATTEMPTS = 8  # at a call of AWS, each later than the one before
# Workers are threads whose long steps need no lock of Python's: who needs it for a short one gets it soon.
_SWITCH_SECONDS = 0.0005
_COLLECT_EVERY = 20_000  # objects more than before
_EXTRACTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_PLAN = re.compile(r"s3://[a-z0-9.-]+/.+")


class Exit(IntEnum):
    """What the job tells the shell."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3


def main(arguments: list[str] | None = None) -> Exit:
    """Extract, and say what is committed: sentences, or with --json the manifest's key as the last line."""
    given = _parser().parse_args(arguments)
    sys.setswitchinterval(_SWITCH_SECONDS)
    # What was imported stays; looking at it for garbage again and again costs a fiftieth of a run.
    gc.freeze()
    gc.set_threshold(_COLLECT_EVERY)
    with suppress(NotImplementedError):
        pa.set_memory_pool(pa.jemalloc_memory_pool())  # keeps a tenth less than the default one
    try:
        settings = SourceSettings.read(os.environ)
        committed = extract(
            settings,
            _client(settings.region),
            plans=given.plan,
            ingest_date=given.date,
            extraction=given.extraction,
            since=dict(given.since),
            workers=given.workers,
        )
    except WrongCall as wrong:
        sys.stderr.write(f"{wrong}\n")
        return Exit.USAGE
    except (Refused, ContractError, UnusableTokenKeyError) as refusal:
        sys.stderr.write(f"{refusal}\n")
        return Exit.REFUSED
    except Unreachable as error:
        sys.stderr.write(f"{error}. Nothing was committed; the call may be repeated.\n")
        return Exit.UNREACHABLE
    except (BotoCoreError, ClientError) as error:
        sys.stderr.write(
            f"AWS refused or does not answer, nothing was committed: {error}. Check the credentials.\n"
        )
        return Exit.UNREACHABLE
    _tell(committed, as_json=given.json)
    return Exit.OK


def _tell(committed: Committed, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(f"{committed.key}\n")
        return
    how = "committed" if committed.new else "had been committed before"
    for name, table in committed.manifest["tables"].items():
        sys.stdout.write(
            f"{name}: {table['rows']:,} rows in {len(table['files'])} files, {table['bytes']:,} bytes\n"
        )
    sys.stdout.write(f"{how} by s3://{committed.bucket}/{committed.key}\n")


def _client(region: str) -> Callable[[str], Any]:
    """Clients that wait when AWS throttles; parts of uploads go side by side."""
    local = "AWS_ENDPOINT_URL" in os.environ
    config = Config(
        retries={"mode": "adaptive", "max_attempts": ATTEMPTS},
        connect_timeout=10,
        read_timeout=60,
        max_pool_connections=10,
        # boto3 hashes bodies only where it speaks without TLS; neither is S3 called so, nor does a laptop need it.
        s3={"addressing_style": "path", "payload_signing_enabled": False} if local else None,
    )
    return lambda service: boto3.client(service, region_name=region, config=config)  # type: ignore[call-overload] # the service's name is a variable


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m jobs.extraction",
        description=_HELP,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--plan",
        type=_plan,
        action="append",
        required=True,
        metavar="s3://BUCKET/KEY",
        help="a dataset's compiled plan",
    )
    parser.add_argument("--date", type=_day, required=True, metavar="YYYY-MM-DD", help="the ingest_date")
    parser.add_argument(
        "--extraction", type=_extraction, required=True, metavar="ID", help="the same id commits once"
    )
    parser.add_argument(
        "--since",
        type=_since,
        action="append",
        default=[],
        metavar="DATASET=ISO8601",
        help="high watermark of the run before; without it the whole table is read",
    )
    parser.add_argument(
        "--workers",
        type=_count,
        default=2,
        metavar="N",
        help="connections at once (%(default)s); the budget may be smaller",
    )
    parser.add_argument("--json", action="store_true", help="print the manifest's key as the last line")
    return parser


def _day(text: str) -> str:
    try:
        day = dt.date.fromisoformat(text).isoformat()
    except ValueError:
        day = ""
    if day != text:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write it as 2026-01-31")
    return text


def _plan(text: str) -> str:
    if not _PLAN.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no object; write it as s3://bucket/key")
    return text


def _extraction(text: str) -> str:
    if not _EXTRACTION.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no id; allowed: letters, digits, `.`, `_` and `-`, 128 at most"
        )
    return text


def _since(text: str) -> tuple[str, str]:
    name, _, moment = text.partition("=")
    try:
        aware = dt.datetime.fromisoformat(moment).tzinfo is not None
    except ValueError:
        aware = False
    if not name or not aware:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no dataset and moment; write it as orders=2026-01-31T10:00:00Z"
        )
    return name, moment


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of workers; 1 or more")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())

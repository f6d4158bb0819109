"""`python -m jobs.landing`: deliver files to raw, masked as their contract says."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from dataclasses import asdict
from enum import IntEnum
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from data_platform.contracts.errors import ContractError
from data_platform.contracts.tokens import UnusableTokenKeyError
from jobs.landing.delivery import deliver
from jobs.landing.masked_file import Refused

_HELP = """\
Deliver files to raw, as one object. Columns that the contract masks at landing (tokenize, hash, redact, last4,
truncate-date, null) are masked before a byte leaves this machine; a file whose columns are not the contract's
is refused, and nothing is written. The same files land once: a repeated call finds them there.

AWS is called with the landing role's credentials from the environment (AWS_ACCESS_KEY_ID, ..., AWS_ENDPOINT_URL,
AWS_CA_BUNDLE are honoured)."""

_EXAMPLES = """\
examples:
  python -m jobs.landing --contract domains/retail/customers.odcs.yaml --date 2026-01-31 customers.parquet
  python -m jobs.landing --contract domains/retail/orders.odcs.yaml --date 2026-01-31 -e prod --json orders-*.parquet

exit codes: 0 landed (or found landed), 1 refused: the files, the contract or the token key are not right,
2 wrong call, 3 AWS refused or did not answer"""


class Exit(IntEnum):
    """What the job tells the shell."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3


def main(arguments: list[str] | None = None) -> Exit:
    """Deliver, and say what was delivered: a sentence, or one JSON document."""
    given = _parser().parse_args(arguments)
    try:
        landed = deliver(given.contract, given.date, given.files, environment=given.environment)
    except (Refused, ContractError, UnusableTokenKeyError) as refusal:
        sys.stderr.write(f"{refusal}\n")
        return Exit.REFUSED
    except (BotoCoreError, ClientError) as error:
        sys.stderr.write(f"AWS refused or does not answer, nothing landed: {error}. Check the credentials.\n")
        return Exit.UNREACHABLE
    if given.json:
        sys.stdout.write(json.dumps(asdict(landed), sort_keys=True) + "\n")
    else:
        masked = f", masked: {', '.join(landed.masked)}" if landed.masked else ""
        how = "landed" if landed.new else "had landed before"
        sys.stdout.write(f"{landed.rows:,} rows {how} as s3://{landed.bucket}/{landed.key}{masked}\n")
    return Exit.OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m jobs.landing",
        description=_HELP,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--contract", type=_file, required=True, help="the dataset's .odcs.yaml file")
    parser.add_argument("--date", type=_day, required=True, metavar="YYYY-MM-DD", help="the ingest_date")
    parser.add_argument("-e", "--environment", default="local", help="dev, staging, prod or local (default)")
    parser.add_argument("--json", action="store_true", help="print what landed as one JSON document")
    parser.add_argument("files", type=_file, nargs="+", metavar="FILE", help="in the contract's format")
    return parser


def _day(text: str) -> str:
    try:
        day = dt.date.fromisoformat(text).isoformat()
    except ValueError:
        day = ""
    if day != text:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write it as 2026-01-31")
    return text


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"there is no file {text}")
    return path


if __name__ == "__main__":
    sys.exit(main())

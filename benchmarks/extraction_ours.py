"""The extractor's side: its command as ECS runs it, on a plan of the real contract, with or without tokens."""

from __future__ import annotations

import json
import os
import sys
import uuid
from pathlib import Path

import boto3
from botocore.config import Config

from data_platform.contracts.tokens import TokenKeys
from jobs.extraction import __main__ as job
from jobs.extraction import run

CONTRACT = Path(__file__).resolve().parents[1] / "domains" / "retail" / "orders.odcs.yaml"
_AT_LANDING, _WHEN_ASKED = "{method: tokenize, when: landing}", "{method: hash, when: query}"


def main(table: str, masking: str) -> None:
    """Extract the table."""
    contract = CONTRACT.read_text()
    if masking == "plain":
        contract = contract.replace(_AT_LANDING, _WHEN_ASKED)
    plan = {
        "domain": "retail",
        "dataset": "orders",
        "method": "extractor",
        "extract": {
            "source": "shop",
            "table": f"public.{table}",
            "read": "watermark",
            "watermark": {"column": "changed_at", "overlap_minutes": 60},
            "contract": contract,
            "raw_bucket": "raw",
            "raw_prefix": "orders/source=shop/",
            "token_key": "k" if masking == "tokens" else None,
        },
    }
    os.environ.update(_VARIABLES, SOURCE_HOST=os.environ["BENCH_HOST"])
    s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
    s3.put_object(Bucket="plans", Key=f"{table}-{masking}.json", Body=json.dumps(plan).encode())
    # The sink is no Secrets Manager.
    run._token_keys = lambda _client, _reads: TokenKeys(keys={1: "k" * 64}) if masking == "tokens" else None  # type: ignore[assignment] # noqa: SLF001
    arguments = ["--plan", f"s3://plans/{table}-{masking}.json", "--date", "2026-01-05"]
    if job.main([*arguments, "--extraction", uuid.uuid4().hex]):
        raise SystemExit(1)


_VARIABLES = {
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_REGION": "ap-southeast-2",
    "AWS_DEFAULT_REGION": "ap-southeast-2",
    "SOURCE_NAME": "shop",
    "SOURCE_ENGINE": "postgres",
    "SOURCE_PORT": "5432",
    "SOURCE_DATABASE": "postgres",
    "SOURCE_USER": "postgres",
    "SOURCE_AUTH": "secret",
    "SOURCE_SECRET_ARN": "none: the socket trusts",
    "SOURCE_STATEMENT_SECONDS": "600",
    "SOURCE_CONNECTIONS": "4",
    "SOURCE_ROWS_PER_SECOND": "0",
}

if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

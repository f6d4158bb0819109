"""One delivery: check the files, mask them into one file beside, put it into raw as one object."""

from __future__ import annotations

import hashlib
import os
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from data_platform.contracts.naming import Naming
from data_platform.contracts.odcs import load_dataset
from data_platform.contracts.tokens import TokenKeys
from environments import ENVIRONMENTS
from jobs.landing.masked_file import MaskedFile, Refused
from jobs.landing.masking import landing_masked, needs_token_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_platform.contracts.model import Dataset
    from environments import Environment

_LARGEST_OBJECT = 5 * 1024**3  # bytes, of S3's PutObject, which is what makes an object whole or not there
_CONFLICT = 412
_NAMESPACE = uuid.UUID("6b1b0f3e-6f0a-4f0e-9d3c-0d6c3f4f4a10")  # run ids of deliveries


@dataclass(frozen=True, kw_only=True)
class Landed:
    """A delivery in raw. `new` is False when the same files had landed before; `masked` are column names."""

    dataset: str
    ingest_date: str
    bucket: str
    key: str
    rows: int
    new: bool
    masked: list[str]


def deliver(contract: Path, ingest_date: str, files: Sequence[Path], *, environment: str) -> Landed:
    """Put files into raw for a day.

    Args:
        contract: The dataset's contract.
        ingest_date: The day, YYYY-MM-DD.
        files: In the contract's format; together they become one object.
        environment: Where to.

    Raises:
        Refused: when the files are not what the contract says, or the environment is unknown.
        ContractError: when the contract is not valid.
        UnusableTokenKeyError: when the domain's secret holds no token keys.
        ClientError: when AWS refuses.
    """
    dataset = load_dataset(contract)
    place = _environment(environment)
    naming = Naming(
        organisation=place.organisation,
        environment=place.name,
        domain=dataset.domain,
        account=place.account,
        region=place.region,
    )
    key = _key(dataset, naming, ingest_date, files)
    with tempfile.TemporaryDirectory(prefix="landing-") as folder:
        masked = MaskedFile(dataset, files, Path(folder))
        rows = masked.write(_token_keys(place, naming) if needs_token_key(dataset) else None)
        new = _put(place, naming.bucket("raw"), key, masked.path)
    return Landed(
        dataset=f"{dataset.domain}.{dataset.name}",
        ingest_date=ingest_date,
        bucket=naming.bucket("raw"),
        key=key,
        rows=rows,
        new=new,
        masked=[column.name for column in landing_masked(dataset)],
    )


def _environment(name: str) -> Environment:
    for environment in ENVIRONMENTS:
        if environment.name == name:
            return environment
    known = ", ".join(environment.name for environment in ENVIRONMENTS)
    raise Refused(f"--environment {name}: there is no such environment. Allowed: {known}.")


def _key(dataset: Dataset, naming: Naming, ingest_date: str, files: Sequence[Path]) -> str:
    """Where the delivery goes: its run id is made of its content, so that a repeated call meets the first one."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    run_id = uuid.uuid5(_NAMESPACE, f"{dataset.id} {ingest_date} {digest.hexdigest()}")
    prefix = naming.raw_partition(dataset.name, dataset.source.name, ingest_date).split("/", 3)[3]
    return f"{prefix}run_id={run_id}/part-00000.{dataset.source.format}"


def _token_keys(place: Environment, naming: Naming) -> TokenKeys:
    answer = _client("secretsmanager", place).get_secret_value(SecretId=naming.token_key)
    return TokenKeys.parse(answer["SecretString"])


def _put(place: Environment, bucket: str, key: str, file: Path) -> bool:
    """Write the object unless it is there; S3 decides, so that two callers at once write it once."""
    if file.stat().st_size > _LARGEST_OBJECT:
        raise Refused("the delivery is larger than 5 GiB when compressed: deliver its files in several calls")
    with file.open("rb") as body:
        try:
            _client("s3", place).put_object(Bucket=bucket, Key=key, Body=body, IfNoneMatch="*")
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == _CONFLICT:
                return False
            raise
    return True


def _client(service: str, place: Environment) -> Any:
    local = "AWS_ENDPOINT_URL" in os.environ
    config = Config(s3={"addressing_style": "path"}) if local else None
    return boto3.client(service, region_name=place.region, config=config)  # type: ignore[call-overload] # the service's name is a variable

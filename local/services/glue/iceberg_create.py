"""Creates an Iceberg table: its first metadata file on S3, then the catalog entry that points at it."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError
from ministack.services import glue
from pyiceberg.catalog.glue import _to_columns
from pyiceberg.table.metadata import new_table_metadata

from local import identity
from local.services import lakeformation
from local.services.glue.iceberg_input import parse
from local.services.refusal import Refusal

if TYPE_CHECKING:
    import boto3

Request = dict[str, Any]


def create(request: Request, *, session: boto3.Session, principal: str) -> None:
    """Creates the table of a CreateTable request that carries `OpenTableFormatInput.IcebergInput`.

    The metadata file is written with the credentials of the registered location's role, where Lake Formation
    answers for the location, else with the session; the bucket's default encryption applies.

    Args:
        request: DatabaseName, Name or TableInput.Name, OpenTableFormatInput.
        session: credentials of whoever creates it.
        principal: the ARN behind them.

    Raises:
        Refusal: when the request is wrong, the table exists, or the file may not be written.
    """
    table_input = dict(request.get("TableInput") or {})
    name = str(table_input.get("Name") or request.get("Name") or "").lower()
    database = request["DatabaseName"]
    _require_new(database, name)
    table = parse(request["OpenTableFormatInput"]["IcebergInput"], table_input)
    metadata = new_table_metadata(
        location=table.location,
        schema=table.schema,
        partition_spec=table.partition_spec,
        sort_order=table.sort_order,
        properties=dict(table.properties),
    )
    location = f"{table.location}/metadata/00000-{uuid.uuid4()}.metadata.json"
    try:
        vended = lakeformation.location_session(table.location, principal=principal)
    except identity.AccessDenied as denied:
        raise Refusal("AccessDeniedException", str(denied)) from denied
    _write(location, metadata.model_dump_json().encode(), session=vended or session)
    described = {
        **table_input,
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "PartitionKeys": [],
        "StorageDescriptor": {"Columns": _to_columns(metadata), "Location": table.location},
        "Parameters": {
            **(table_input.get("Parameters") or {}),
            **metadata.properties,
            "table_type": "ICEBERG",
            "metadata_location": location,
        },
    }
    _register({"DatabaseName": database, "TableInput": described})


def _require_new(database: str, name: str) -> None:
    """Refused before anything is written, so that no orphaned metadata file stays."""
    if not name:
        raise Refusal("InvalidInputException", "The table needs a name: TableInput.Name or Name.")
    if database not in glue._databases:
        raise Refusal("EntityNotFoundException", f"Database {database} not found.")
    if f"{database}/{name}" in glue._tables:
        raise Refusal("AlreadyExistsException", f"Table already exists: {database}.{name}.")


def _write(location: str, body: bytes, *, session: boto3.Session) -> None:
    parts = urlsplit(location)
    try:
        identity.client(session, "s3").put_object(
            Bucket=parts.netloc, Key=parts.path.lstrip("/"), Body=body, ContentType="application/json"
        )
    except ClientError as error:
        raise Refusal(
            "AccessDeniedException"
            if error.response["Error"]["Code"] == "AccessDenied"
            else "InvalidInputException",
            f"Cannot write the Iceberg metadata file {location}: {error}",
        ) from error


def _register(request: Request) -> None:
    status, _, body = glue._create_table(request)
    if status != 200:  # noqa: PLR2004 - the HTTP status of success
        answer = json.loads(body)
        raise Refusal(answer["__type"].rsplit("#", 1)[-1], answer["message"], status)

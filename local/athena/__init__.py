"""Amazon Athena: Trino SQL over the Glue catalogue, run by DuckDB on the real Parquet, text and Iceberg data in S3.

A query runs as its caller: metadata and objects are read over HTTP with the caller's own credentials, or, where
Lake Formation answers for a location and grants the caller access, with the credentials of the registered role.
"""

from __future__ import annotations


def install() -> None:
    """Puts this engine and its API in the place of ministack's Athena."""
    from local.athena import api, avro_schemas

    avro_schemas.install()
    api.hook()

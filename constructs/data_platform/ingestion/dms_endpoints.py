"""Both ends of a replication: a database over TLS with a login of its own, and Parquet under the domain's key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_dms as dms

from data_platform.ingestion.dms_mappings import CHANGED_AT

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from data_platform.ingestion.dms_login import ReplicationLogin

_ROWS_A_GROUP = 100_000
_CHANGES_SECONDS = 600  # after which DMS writes what changed, however little it is


def source_endpoint(
    scope: Construct,
    *,
    name: str,
    engine: str,
    database: str,
    login: ReplicationLogin,
    key: kms.IKey,
    certificate_arn: str | None,
) -> dms.CfnEndpoint:
    """The database.

    Args:
        scope: The construct that owns the endpoint.
        name: Public name of the replication.
        engine: "postgres" or "mysql".
        database: Name of the database in the instance.
        login: As whom DMS logs in.
        key: Encrypts what DMS keeps.
        certificate_arn: A DMS certificate that holds the CA of RDS.

    Raises:
        ValueError: for MySQL without a certificate.
    """
    if engine == "mysql" and certificate_arn is None:
        raise ValueError(
            f"{name}: DMS connects to MySQL in clear unless it verifies the server. Mend: import the bundle of RDS "
            "as a DMS certificate and hand over certificate_arn, or read with `source.method: extractor`."
        )
    secret, role = login.secret.ref, login.role.role_arn
    postgres = engine == "postgres"
    source = dms.CfnEndpoint(
        scope,
        "Source",
        endpoint_identifier=f"{name}-source",
        endpoint_type="source",
        engine_name=engine,
        database_name=database if postgres else None,
        ssl_mode="verify-full" if certificate_arn else "require",
        certificate_arn=certificate_arn,
        kms_key_id=key.key_arn,
        postgre_sql_settings=(
            dms.CfnEndpoint.PostgreSqlSettingsProperty(
                fail_tasks_on_lob_truncation=True,
                capture_ddls=False,  # it would need the rights of an owner
                secrets_manager_secret_id=secret,
                secrets_manager_access_role_arn=role,
            )
            if postgres
            else None
        ),
        my_sql_settings=(
            None
            if postgres
            else dms.CfnEndpoint.MySqlSettingsProperty(
                secrets_manager_secret_id=secret, secrets_manager_access_role_arn=role
            )
        ),
    )
    source.node.add_dependency(login)  # DMS reads the secret when the endpoint is made
    return source


def target_endpoint(
    scope: Construct,
    *,
    name: str,
    bucket: str,
    folder: str,
    account: str,
    role_arn: str,
    key: kms.IKey,
    changes: bool,
) -> dms.CfnEndpoint:
    """The bucket of raw.

    Args:
        scope: The construct that owns the endpoint.
        name: Public name of the replication.
        bucket: Name of the bucket.
        folder: Where files go in it, without a slash at the end.
        account: The account that owns the bucket.
        role_arn: With which role DMS writes there.
        key: Encrypts files and what DMS keeps.
        changes: Whether changes follow the whole copy: each then says what it is and when it was.
    """
    return dms.CfnEndpoint(
        scope,
        "Target",
        endpoint_identifier=f"{name}-target",
        endpoint_type="target",
        engine_name="s3",
        kms_key_id=key.key_arn,
        s3_settings=dms.CfnEndpoint.S3SettingsProperty(
            bucket_name=bucket,
            bucket_folder=folder,
            expected_bucket_owner=account,
            service_access_role_arn=role_arn,
            data_format="parquet",
            parquet_version="parquet-2-0",
            compression_type="GZIP",  # DMS writes no zstd
            encryption_mode="sse-kms",
            server_side_encryption_kms_key_id=key.key_arn,
            enable_statistics=True,
            row_group_length=_ROWS_A_GROUP,
            include_op_for_full_load=changes,
            timestamp_column_name=CHANGED_AT if changes else None,
            date_partition_enabled=changes,
            cdc_max_batch_interval=_CHANGES_SECONDS if changes else None,
        ),
    )

"""Local: the same templates on the embedded AWS of a laptop; locked as in production, to try it."""

from __future__ import annotations

from environments.model import (
    AccessSettings,
    AlarmSettings,
    AuditSettings,
    BastionSettings,
    CatalogSettings,
    DatabaseSettings,
    DetectionSettings,
    Environment,
    ExtractorSettings,
    LoaderSettings,
    NewNetwork,
    ProcessingSettings,
    RecoverySettings,
    StorageSettings,
    StreamingSettings,
)

LOCAL = Environment(
    name="local",
    account="000000000000",
    availability_zones=("ap-southeast-2a", "ap-southeast-2b", "ap-southeast-2c"),
    removal="destroy",
    termination_protection=False,
    storage=StorageSettings(
        object_lock_mode="GOVERNANCE",
        noncurrent_days=7,
        sandbox_expire_days=7,
        athena_results_expire_days=1,
    ),
    network=NewNetwork(
        cidr="10.49.0.0/20",
        zones=2,
        interface_endpoints=("athena", "ecr.api", "ecr.dkr", "glue", "kms", "lakeformation", "logs", "sts"),
        flow_log_days=1,
    ),
    catalog=CatalogSettings(
        lake_formation="create",
        admin_role_arns=(),
        consumer_principals=("arn:aws:iam::000000000000:root",),
        bytes_scanned_cutoff=10 * 10**9,
    ),
    processing=ProcessingSettings(
        schedule_enabled=False,
        max_concurrency=2,  # a laptop has few cores
        dbt_cpu=512,
        dbt_memory_mib=1024,
        dbt_image_tag="0.1.0",
        task_timeout_minutes=10,
        run_timeout_minutes=30,
        log_retention_days=1,
    ),
    alarms=AlarmSettings(page_emails=("on-call@example.com",), ticket_emails=("team@example.com",)),
    audit=AuditSettings(
        lock_mode="COMPLIANCE",
        lock_days=1,
        keep_days=7,
        log_group_days=1,
        original_days=1,
        auditor_principals=("arn:aws:iam::000000000000:root",),
        watch_root=False,  # on a laptop root is the operator
        regions=("ap-southeast-2", "us-east-1"),
    ),
    access=AccessSettings(
        just_in_time=True, most_hours=12, approval_hours=1, least_seconds=1, identity_provider="embedded"
    ),
    recovery=RecoverySettings(daily_days=7, weekly_days=35, vault_lock=None, watched=False),
    detection=DetectionSettings(sampling_percent=100),
    databases=(
        DatabaseSettings(
            name="shop",
            domain="retail",
            engine="postgres",
            version="17.6",
            database="shop",
            instance_class="db.t4g.medium",
            storage_gib=20,
            most_storage_gib=20,
            multi_az=True,
            backup_days=1,
            extractor=ExtractorSettings(image_tag="0.1.0", cpu=1024, memory_mib=2048),
        ),
    ),
    bastion=BastionSettings(mode="ssh", allowed_cidrs=("127.0.0.0/16",)),
    # `-c streaming=on` switches it on: three brokers more than a laptop wants every day.
    streaming=StreamingSettings(on=False, loader=LoaderSettings(image_tag="0.1.0", window_seconds=1)),
    tags={"environment": "local", "cost-centre": "none", "owner": "you"},
)

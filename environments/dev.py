"""Development: cheap, short-lived, may be deleted with its data."""

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
    NewNetwork,
    ProcessingSettings,
    RecoverySettings,
    StorageSettings,
    StreamingSettings,
)

DEV = Environment(
    name="dev",
    account="111111111111",
    availability_zones=("ap-southeast-2a", "ap-southeast-2b", "ap-southeast-2c"),
    removal="destroy",
    termination_protection=False,
    storage=StorageSettings(
        object_lock_mode=None,  # a locked object would keep the bucket from being deleted
        noncurrent_days=7,
        sandbox_expire_days=14,
        athena_results_expire_days=3,
    ),
    network=NewNetwork(
        cidr="10.40.0.0/20",
        zones=2,
        interface_endpoints=("athena", "ecr.api", "ecr.dkr", "glue", "kms", "lakeformation", "logs", "sts"),
        flow_log_days=30,
    ),
    catalog=CatalogSettings(
        lake_formation="create",
        admin_role_arns=(),
        consumer_principals=("arn:aws:iam::111111111111:root",),
        bytes_scanned_cutoff=10 * 10**9,
    ),
    processing=ProcessingSettings(
        schedule_enabled=False,  # runs are started by hand
        max_concurrency=2,
        dbt_cpu=512,
        dbt_memory_mib=1024,
        dbt_image_tag="0.1.0",
        task_timeout_minutes=30,
        run_timeout_minutes=120,
        log_retention_days=30,
    ),
    alarms=AlarmSettings(page_emails=(), ticket_emails=("data-platform-dev@example.com",)),
    audit=AuditSettings(
        lock_mode="GOVERNANCE",
        lock_days=1,  # evidence of an environment that lives for days; its store still outlives the stack
        keep_days=30,
        log_group_days=30,
        original_days=7,
        auditor_principals=("arn:aws:iam::111111111111:root",),
    ),
    access=AccessSettings(just_in_time=True, most_hours=12, approval_hours=24),
    recovery=RecoverySettings(daily_days=7, weekly_days=35, vault_lock=None, watched=False),
    detection=DetectionSettings(sampling_percent=5),
    databases=(
        DatabaseSettings(
            name="shop",
            domain="retail",
            engine="postgres",
            version="17.6",
            database="shop",
            instance_class="db.t4g.small",
            storage_gib=20,
            most_storage_gib=50,
            multi_az=True,
            backup_days=7,
            extractor=ExtractorSettings(image_tag="0.1.0", cpu=1024, memory_mib=2048),
        ),
    ),
    bastion=BastionSettings(mode="ssm", stop_at="19:00"),
    streaming=StreamingSettings(on=False),
    tags={"environment": "dev", "cost-centre": "data-platform", "owner": "data-platform"},
)

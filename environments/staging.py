"""Staging: as production in shape, smaller in time and money."""

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
)

STAGING = Environment(
    name="staging",
    account="222222222222",
    availability_zones=("ap-southeast-2a", "ap-southeast-2b", "ap-southeast-2c"),
    removal="retain",
    termination_protection=False,
    storage=StorageSettings(
        object_lock_mode="GOVERNANCE",
        noncurrent_days=30,
        sandbox_expire_days=30,
        athena_results_expire_days=7,
    ),
    network=NewNetwork(
        cidr="10.41.0.0/20",
        zones=2,
        interface_endpoints=("athena", "ecr.api", "ecr.dkr", "glue", "kms", "lakeformation", "logs", "sts"),
        flow_log_days=90,
    ),
    catalog=CatalogSettings(
        lake_formation="create",
        admin_role_arns=("arn:aws:iam::222222222222:role/data-governance",),
        consumer_principals=("arn:aws:iam::222222222222:root",),
        bytes_scanned_cutoff=100 * 10**9,
    ),
    processing=ProcessingSettings(
        schedule_enabled=True,
        max_concurrency=4,
        dbt_cpu=1024,
        dbt_memory_mib=2048,
        dbt_image_tag="0.1.0",
        task_timeout_minutes=60,
        run_timeout_minutes=240,
        log_retention_days=90,
    ),
    alarms=AlarmSettings(page_emails=(), ticket_emails=("data-platform-staging@example.com",)),
    audit=AuditSettings(
        lock_mode="GOVERNANCE",
        lock_days=30,
        keep_days=90,
        log_group_days=90,
        original_days=14,
        auditor_principals=("arn:aws:iam::222222222222:root",),
    ),
    access=AccessSettings(just_in_time=True, most_hours=8, approval_hours=24),
    recovery=RecoverySettings(daily_days=14, weekly_days=35, vault_lock="governance", watched=True),
    detection=DetectionSettings(sampling_percent=5),
    databases=(
        DatabaseSettings(
            name="shop",
            domain="retail",
            engine="postgres",
            version="17.6",
            database="shop",
            instance_class="db.t4g.large",
            storage_gib=20,
            most_storage_gib=100,
            multi_az=True,
            backup_days=14,
            extractor=ExtractorSettings(image_tag="0.1.0", cpu=1024, memory_mib=2048),
        ),
    ),
    bastion=BastionSettings(mode="ssm", stop_at="20:00"),
    tags={"environment": "staging", "cost-centre": "data-platform", "owner": "data-platform"},
)

"""Production: everything is kept, stacks refuse to be deleted, somebody is woken."""

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

PROD = Environment(
    name="prod",
    account="333333333333",
    availability_zones=("ap-southeast-2a", "ap-southeast-2b", "ap-southeast-2c"),
    removal="retain",
    termination_protection=True,
    storage=StorageSettings(
        # GOVERNANCE, since personal data must remain erasable: after a reviewed change of the bucket policy,
        # which denies lifting the lock to all. COMPLIANCE is for logs that an auditor reads.
        object_lock_mode="GOVERNANCE",
        noncurrent_days=365,
        sandbox_expire_days=90,
        athena_results_expire_days=30,
    ),
    network=NewNetwork(
        cidr="10.42.0.0/18",
        zones=3,
        interface_endpoints=(
            "athena",
            "ecr.api",
            "ecr.dkr",
            "glue",
            "kms",
            "lakeformation",
            "logs",
            "monitoring",
            "secretsmanager",
            "sts",
        ),
        flow_log_days=365,
    ),
    catalog=CatalogSettings(
        lake_formation="create",
        admin_role_arns=("arn:aws:iam::333333333333:role/data-governance",),
        consumer_principals=("arn:aws:iam::333333333333:root",),
        bytes_scanned_cutoff=10**12,
    ),
    processing=ProcessingSettings(
        schedule_enabled=True,
        max_concurrency=8,
        dbt_cpu=2048,
        dbt_memory_mib=4096,
        dbt_image_tag="0.1.0",
        task_timeout_minutes=120,
        run_timeout_minutes=360,
        log_retention_days=365,
    ),
    alarms=AlarmSettings(
        page_emails=("data-platform-on-call@example.com",),
        ticket_emails=("data-platform@example.com",),
    ),
    audit=AuditSettings(
        lock_mode="COMPLIANCE",  # nobody, root included, removes or shortens what an auditor reads
        lock_days=2557,  # seven years
        keep_days=2557,
        log_group_days=365,
        original_days=30,
        auditor_principals=("arn:aws:iam::333333333333:role/internal-audit",),
    ),
    access=AccessSettings(just_in_time=True, most_hours=8, approval_hours=24),
    recovery=RecoverySettings(daily_days=35, weekly_days=400, vault_lock="compliance", watched=True),
    detection=DetectionSettings(sampling_percent=10),
    databases=(
        DatabaseSettings(
            name="shop",
            domain="retail",
            engine="postgres",
            version="17.6",
            database="shop",
            instance_class="db.m7g.large",
            storage_gib=100,
            most_storage_gib=1000,
            multi_az=True,
            backup_days=35,
            extractor=ExtractorSettings(image_tag="0.1.0", cpu=2048, memory_mib=4096),
        ),
    ),
    bastion=BastionSettings(mode="ssm"),
    streaming=StreamingSettings(on=True),
    tags={"environment": "prod", "cost-centre": "data-platform", "owner": "data-platform"},
)

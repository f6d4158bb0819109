"""Where the bytes of a domain lie: its key and its zones, in a stack that outlives all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.audit import ACCESS_LOGS
from data_platform.foundation import CustomerKey
from data_platform.storage import DomainStorage, ExtractorRole, LakeRole, LandingRole, ReplicationRole
from stacks.audit import audit_names
from stacks.databases import OWNER
from stacks.duties import asking_duties, keepers
from stacks.extraction import extracted_datasets
from stacks.platform_stack import PlatformStack, removal_policy
from stacks.recovery import DATABASE_BACKUP, recovery_role_arns
from stacks.replication import login_duties, replicated_datasets
from stacks.streaming_names import capturing_duties, loading_duties, replaying_duties, streams_here

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3
    from constructs import Construct

    from data_platform.contracts.model import Domain
    from data_platform.contracts.naming import Naming
    from environments.model import Environment

# Who handles the domain's data. Consumers are not among them: they read through Lake Formation, whose `lake`
# role decrypts for them, and need the key only for their own query results.
DATA_DUTIES = ("dbt", "lake", "pipeline")


class LakeStack(PlatformStack):
    """The key and the zones of a domain.

    Args:
        scope: The stage of the environment.
        construct_id: Name of the stack within its stage.
        environment: Where it is deployed.
        domain: The domain and its contracts.
        naming: Physical names.

    Attributes:
        key: Encrypts all data of the domain.
        buckets: Bucket by zone: raw, staged, curated, sandbox.
    """

    key: kms.IKey
    buckets: Mapping[str, s3.IBucket]

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, domain: Domain, naming: Naming
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            part=f"{domain.name}-lake",
            description=f"The key and the zones of {domain.name}: raw, staged, curated, sandbox",
            environment=environment,
        )
        removal, settings = removal_policy(environment), environment.storage
        self.key = CustomerKey(
            self,
            "Key",
            alias=naming.prefix,
            description=f"All data of {domain.name}",
            removal_policy=removal,
            role_arns=[
                naming.role_arn(duty)
                for duty in (
                    *DATA_DUTIES,
                    *loading_duties(domain, environment),
                    *replaying_duties(domain, environment),
                )
            ],
            bucket_users=_bucket_users(domain, naming, environment),
            secret_users=_secret_users(domain, naming, environment),
            granting_services=["dynamodb"],
            granting_users=recovery_role_arns(naming, "ledger"),
            resource_services=_resource_services(domain, naming, environment),
        ).key
        self.buckets = DomainStorage(
            self,
            "Storage",
            domain=domain,
            naming=naming,
            key=self.key,
            removal_policy=removal,
            lock_mode=settings.object_lock_mode,
            noncurrent_days=settings.noncurrent_days,
            sandbox_expire_days=settings.sandbox_expire_days,
            athena_results_expire_days=settings.athena_results_expire_days,
            incomplete_upload_days=settings.incomplete_upload_days,
            access_logs=audit_names(environment).access_logs,
            access_log_prefix=ACCESS_LOGS,
        ).buckets
        LakeRole(self, "LakeRole", naming=naming, key=self.key, buckets=self.buckets)
        if _extracting(domain):
            ExtractorRole(self, "Extractor", naming=naming, key=self.key, raw=self.buckets["raw"])
        if copied := replicated_datasets(domain):
            ReplicationRole(
                self,
                "Replication",
                naming=naming,
                key=self.key,
                raw=self.buckets["raw"],
                datasets=[dataset.name for dataset in copied],
            )
        LandingRole(
            self,
            "Landing",
            naming=naming,
            key=self.key,
            raw=self.buckets["raw"],
            principals=environment.catalog.consumer_principals,
        )


def _bucket_users(domain: Domain, naming: Naming, environment: Environment) -> dict[str, list[str]]:
    """Who uses the key through one bucket only: whoever delivers files, and consumers for their query results."""
    users = {
        "raw": {"landing", *_extracting(domain), *_replicating(domain)},
        "sandbox": {"retention", *asking_duties(domain, environment)},
        "staged": {"token-keeper"} & {*keepers(domain)},
    }
    return {
        f"arn:aws:s3:::{naming.bucket(zone)}": [naming.role_arn(duty) for duty in sorted(duties)]
        for zone, duties in users.items()
        if duties
    }


def _extracting(domain: Domain) -> tuple[str, ...]:
    return ("extractor",) if extracted_datasets(domain) else ()


def _replicating(domain: Domain) -> tuple[str, ...]:
    return ("dms",) if replicated_datasets(domain) else ()


def _resource_services(domain: Domain, naming: Naming, environment: Environment) -> dict[str, list[str]]:
    """Services that keep resources under the key: databases, whose copies are made by name, replications, brokers."""
    databases = {"rds": [naming.role_arn(DATABASE_BACKUP)]} if environment.databases_of(domain.name) else {}
    brokers = environment.streaming.on and environment.streaming.provisioned and streams_here(domain)
    return (
        databases | ({"dms": []} if replicated_datasets(domain) else {}) | ({"kafka": []} if brokers else {})
    )


def _secret_users(domain: Domain, naming: Naming, environment: Environment) -> list[str]:
    """Who reads secrets: landing and who rotates them where contracts tokenise, and who makes users of databases."""
    tokens = ("landing", "token-keeper", *_extracting(domain)) if "token-keeper" in keepers(domain) else ()
    databases = (OWNER,) if environment.databases_of(domain.name) else ()
    captures = capturing_duties(domain) if environment.streaming.on else ()
    return [naming.role_arn(duty) for duty in (*tokens, *databases, *login_duties(domain), *captures)]

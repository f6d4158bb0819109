"""What the bytes of a domain are called and who sees them: databases, tables, crawlers, grants, consumers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.catalog import (
    READ,
    AthenaAccess,
    ConsumerRole,
    Databases,
    DatasetQueries,
    IcebergTable,
    LakeGrants,
    LandingRole,
    RawCrawlers,
    RawTable,
    RegisteredLocations,
    Workgroup,
)
from stacks.platform_stack import PlatformStack, removal_policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from constructs import Construct, IConstruct

    from data_platform.contracts.model import Dataset, Domain
    from data_platform.contracts.naming import Naming
    from environments.model import Environment

_ICEBERG = ("candidate", "quarantine", "staged", "curated")
_READABLE = {"raw": ("",), "staged": ("", "_quarantine"), "curated": ("",)}


class CatalogStack(PlatformStack):
    """The catalogue of a domain.

    Args:
        scope: The stage of the environment.
        construct_id: Name of the stack within its stage.
        environment: Where it is deployed.
        domain: The domain and its contracts.
        naming: Physical names.
        key: The domain's key.
        log_key: Encrypts what crawlers log.
        data_access: The policy to ask Lake Formation for data.

    Attributes:
        athena_access: Policies to ask Athena in the domain's workgroup and to write its tables' entries.
        tables: Databases, tables and locations, for grants that must come after them.
    """

    athena_access: AthenaAccess
    tables: Sequence[IConstruct]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        domain: Domain,
        naming: Naming,
        key: kms.IKey,
        log_key: kms.IKey,
        data_access: iam.IManagedPolicy,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            part=f"{domain.name}-catalog",
            description=f"What the bytes of {domain.name} are called and who sees them",
            environment=environment,
        )
        settings = environment.catalog
        workgroup = Workgroup(
            self, "Workgroup", naming=naming, key=key, bytes_scanned_cutoff=settings.bytes_scanned_cutoff
        )
        locations = RegisteredLocations(self, "Locations", naming=naming, key=key)
        databases = Databases(self, "Databases", naming=naming)
        made = [
            self._dataset(dataset, environment, naming, databases, workgroup) for dataset in domain.datasets
        ]
        self.tables = [locations, databases, *(table for tables in made for table in tables)]
        self.athena_access = AthenaAccess(self, "AthenaAccess", naming=naming, key=key)
        self._crawlers(
            domain,
            naming,
            environment,
            data_access=data_access,
            log_key=log_key,
            after=[locations, databases],
        )
        LandingRole(self, "Landing", naming=naming, key=key, principals=settings.consumer_principals)
        self._consumers(
            domain, naming, [self.athena_access.policy, data_access], settings.consumer_principals
        )

    def _dataset(
        self,
        dataset: Dataset,
        environment: Environment,
        naming: Naming,
        databases: Databases,
        workgroup: Workgroup,
    ) -> list[IConstruct]:
        prefix = "".join(word.title() for word in dataset.name.split("_"))
        raw = RawTable(
            self, f"{prefix}Raw", dataset=dataset, naming=naming, database=databases.by_zone["raw"]
        )
        DatasetQueries(self, f"{prefix}Queries", dataset=dataset, naming=naming, workgroup=workgroup)
        return [
            raw,
            *(
                IcebergTable(
                    self,
                    f"{prefix}{kind.title()}",
                    dataset=dataset,
                    kind=kind,  # type: ignore[arg-type] # one of the four
                    naming=naming,
                    database=databases.by_zone["curated" if kind == "curated" else "staged"],
                    removal_policy=removal_policy(environment),
                )
                for kind in _ICEBERG
            ),
        ]

    def _crawlers(
        self,
        domain: Domain,
        naming: Naming,
        environment: Environment,
        *,
        data_access: iam.IManagedPolicy,
        log_key: kms.IKey,
        after: Sequence[IConstruct],
    ) -> None:
        crawlers = RawCrawlers(
            self,
            "Crawlers",
            datasets=domain.datasets,
            naming=naming,
            data_access=data_access,
            log_key=log_key,
            log_retention_days=environment.processing.log_retention_days,
            removal_policy=removal_policy(environment),
        )
        grants = LakeGrants(self, "CrawlerGrants", role=crawlers.role, naming=naming, after=after)
        grants.database("discovered", "CREATE_TABLE", "DESCRIBE")
        grants.all_tables("discovered", "ALTER", "DESCRIBE", "INSERT", "SELECT")
        grants.location("raw")

    def _consumers(
        self,
        domain: Domain,
        naming: Naming,
        policies: Sequence[iam.IManagedPolicy],
        principals: Sequence[str],
    ) -> None:
        duties = sorted({grant.role for dataset in domain.datasets for grant in dataset.grants})
        for duty in duties:
            consumer = ConsumerRole(
                self, duty.title(), duty=duty, naming=naming, principals=principals, policies=policies
            )
            grants = LakeGrants(
                self, f"{duty.title()}Grants", role=consumer.role, naming=naming, after=self.tables
            )
            _grant_consumer(grants, domain, duty)


def _grant_consumer(grants: LakeGrants, domain: Domain, duty: str) -> None:
    """Read rights by contract. Who reads every curated dataset reads what dbt derives from them, too."""
    zones = {
        dataset.name: {zone for grant in dataset.grants if grant.role == duty for zone in grant.zones}
        for dataset in domain.datasets
    }
    for zone, suffixes in _READABLE.items():
        readable = [name for name, granted in zones.items() if zone in granted]
        if not readable:
            continue
        grants.database(zone, "DESCRIBE")
        if zone == "curated" and len(readable) == len(domain.datasets):
            grants.all_tables(zone, *READ)
            continue
        for name in readable:
            for suffix in suffixes:
                grants.table(zone, f"{name}{suffix}", *READ)

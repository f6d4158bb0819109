"""What the bytes of a domain are called and who sees them: databases, tables, crawlers, grants, consumers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.access import ELEVATED
from data_platform.catalog import (
    AthenaAccess,
    ConsumerRole,
    Databases,
    DatabaseTags,
    DatasetQueries,
    IcebergTable,
    LakeGrants,
    RawCrawlers,
    RawTable,
    RegisteredLocations,
    TableTags,
    Workgroup,
)
from data_platform.contracts.lake_rights import consumer_rights, consumer_roles
from data_platform.contracts.lake_tags import DISCOVERED
from data_platform.contracts.naming import RUN
from data_platform.contracts.table_kinds import kinds_of, zone_of
from stacks.duties import asking_duties
from stacks.platform_stack import PlatformStack, removal_policy
from stacks.streaming_names import merging_duties

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from constructs import Construct, IConstruct

    from data_platform.contracts.model import Dataset, Domain
    from data_platform.contracts.naming import Naming
    from environments.model import Environment


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
        athena_access: Policies to ask Athena in a duty's own workgroup and to write its tables' entries.
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
        workgroups = {
            duty: Workgroup(
                self,
                f"{duty.title().replace('-', '')}Workgroup",
                naming=naming,
                duty=duty,
                key=key,
                bytes_scanned_cutoff=settings.bytes_scanned_cutoff,
                place_of_each=duty == ELEVATED,
            )
            for duty in (RUN, *asking_duties(domain, environment))
        }
        for duty in merging_duties(domain, environment):
            Workgroup(
                self,
                f"{duty.title()}Workgroup",
                naming=naming,
                duty=duty,
                key=key,
                bytes_scanned_cutoff=settings.bytes_scanned_cutoff,
            )
        locations = RegisteredLocations(self, "Locations", naming=naming)
        databases = Databases(self, "Databases", naming=naming)
        DatabaseTags(self, "DatabaseTags", domain=domain, naming=naming, databases=databases.by_zone)
        made = [self._dataset(dataset, environment, naming, databases) for dataset in domain.datasets]
        for dataset in domain.datasets:
            DatasetQueries(
                self, f"{_prefix(dataset)}Queries", dataset=dataset, naming=naming, workgroups=workgroups
            )
        self.tables = [locations, databases, *(table for tables in made for table in tables)]
        self.athena_access = AthenaAccess(self, "AthenaAccess", naming=naming, key=key)
        crawler_grants = self._crawlers(
            domain,
            naming,
            environment,
            data_access=data_access,
            log_key=log_key,
            after=[locations, databases],
        )
        self._consumers(
            domain,
            naming,
            [self.athena_access.policy, data_access],
            settings.consumer_principals,
            after=crawler_grants,
        )

    def _dataset(
        self,
        dataset: Dataset,
        environment: Environment,
        naming: Naming,
        databases: Databases,
    ) -> list[IConstruct]:
        made: list[IConstruct] = []
        for kind in kinds_of(dataset):
            database = databases.by_zone[zone_of(kind)]
            name = f"{_prefix(dataset)}{kind.title()}"
            table: IConstruct
            if kind == "raw":
                table = RawTable(self, name, dataset=dataset, naming=naming, database=database)
            else:
                table = IcebergTable(
                    self,
                    name,
                    dataset=dataset,
                    kind=kind,
                    naming=naming,
                    database=database,
                    removal_policy=removal_policy(environment),
                )
            TableTags(
                self,
                f"{name}Tags",
                dataset=dataset,
                kind=kind,
                naming=naming,
                table=table,
            )
            made.append(table)
        return made

    def _crawlers(
        self,
        domain: Domain,
        naming: Naming,
        environment: Environment,
        *,
        data_access: iam.IManagedPolicy,
        log_key: kms.IKey,
        after: Sequence[IConstruct],
    ) -> LakeGrants:
        crawlers = RawCrawlers(
            self,
            "Crawlers",
            datasets=domain.of_runs.datasets,
            naming=naming,
            data_access=data_access,
            log_key=log_key,
            log_retention_days=environment.processing.log_retention_days,
            removal_policy=removal_policy(environment),
        )
        grants = LakeGrants(self, "CrawlerGrants", role=crawlers.role, naming=naming, after=after)
        grants.databases([DISCOVERED], "CREATE_TABLE", "DESCRIBE")
        grants.tables([DISCOVERED], "ALTER", "DESCRIBE", "INSERT", "SELECT")
        grants.location("raw")
        return grants

    def _consumers(
        self,
        domain: Domain,
        naming: Naming,
        policies: Sequence[iam.IManagedPolicy],
        principals: Sequence[str],
        *,
        after: LakeGrants,
    ) -> None:
        for duty in consumer_roles(domain):
            consumer = ConsumerRole(
                self, duty.title(), duty=duty, naming=naming, principals=principals, policies=policies
            )
            grants = LakeGrants(
                self,
                f"{duty.title()}Grants",
                role=consumer.role,
                naming=naming,
                after=[*self.tables, after],
            )
            grants.consumer(consumer_rights(domain, duty))
            after = grants


def _prefix(dataset: Dataset) -> str:
    return "".join(word.title() for word in dataset.name.split("_"))

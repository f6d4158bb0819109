"""All stacks of one environment, wired, on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

from data_platform.contracts.naming import RUN, Naming
from stacks.access import AccessStack
from stacks.account import AccountStack
from stacks.audit import AuditStack
from stacks.bastion import BastionStack
from stacks.boundary import BoundaryStack
from stacks.catalog import CatalogStack
from stacks.databases import DatabasesStack
from stacks.detection import DetectionStack, has_personal_columns
from stacks.duties import asking_duties
from stacks.foundation import FoundationStack
from stacks.lake import LakeStack
from stacks.lake_tags import LakeTagsStack
from stacks.pipeline import PipelineStack
from stacks.privacy import PrivacyStack, has_personal_data
from stacks.recovery import RecoveryStack, VaultStack
from stacks.replication import replicated_datasets
from stacks.retention import RetentionStack
from stacks.streaming_names import calling_duties, merging_duties, streams_here
from stacks.streaming_wiring import add_loaders, add_streaming

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct

    from data_platform.contracts.model import Domain
    from data_platform.foundation import Database
    from environments.model import Environment


class PlatformStage(cdk.Stage):
    """The platform in one environment: what the account has once, the foundation, and per domain its stacks.

    Args:
        scope: The app.
        construct_id: Name of the stage; `cdk deploy "<name>/*"` deploys it.
        environment: Where it is deployed.
        domains: What is deployed: the domains and their contracts.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, domains: Sequence[Domain]
    ) -> None:
        super().__init__(
            scope, construct_id, env=cdk.Environment(account=environment.account, region=environment.region)
        )
        streams = environment.streaming.on and any(streams_here(domain) for domain in domains)
        if environment.catalog.lake_formation == "create":
            self._account = AccountStack(self, "Account", environment=environment)
        self._foundation = FoundationStack(
            self,
            "Foundation",
            environment=environment,
            domains=[_naming(domain.name, environment) for domain in domains],
            streams=streams,
            loaders=[
                _naming(domain.name, environment).role_arn(duty)
                for domain in domains
                for duty in calling_duties(domain, environment)
            ],
        )
        self._audit = self._record(domains, environment)
        if domains:
            self._tags = LakeTagsStack(
                self, "LakeTags", environment=environment, domains=[domain.name for domain in domains]
            )
            if environment.catalog.lake_formation == "create":
                self._tags.add_stack_dependency(self._account)
        self._recovery = self._recover([_naming(domain.name, environment) for domain in domains], environment)
        self._detect(
            [_naming(domain.name, environment) for domain in domains if has_personal_columns(domain)],
            environment,
        )
        _require_domains(environment, domains)
        self._databases: list[DatabasesStack] = []
        for domain in domains:
            self._domain(domain, environment)
        self._let_people_in(environment)
        replicates = any(replicated_datasets(domain) for domain in domains)
        BoundaryStack(self, "Boundary", environment=environment, replicates=replicates, streams=streams).bind(
            self
        )

    def _record(self, domains: Sequence[Domain], environment: Environment) -> AuditStack:
        named = [(_naming(domain.name, environment), domain) for domain in domains]
        audit = AuditStack(
            self,
            "Audit",
            environment=environment,
            domains=[naming for naming, _ in named],
            workgroups=[
                naming.workgroup_of(duty)
                for naming, domain in named
                for duty in (RUN, *asking_duties(domain, environment), *merging_duties(domain, environment))
            ],
            topics=self._foundation.topics,
            dead_letters=self._foundation.dead_letters,
            data_access=self._foundation.unresourced.data_access,
            machine_access=self._foundation.unresourced.machine,
            platform_key=self._foundation.key,
        )
        if environment.catalog.lake_formation == "create":
            audit.add_stack_dependency(self._account)
        return audit

    def _detect(self, personal: Sequence[Naming], environment: Environment) -> None:
        DetectionStack(
            self,
            "Detection",
            environment=environment,
            personal=personal,
            platform_key=self._foundation.key,
            history=self._audit.settings_history,
            topics=self._foundation.topics,
            dead_letters=self._foundation.dead_letters,
        ).add_stack_dependency(self._audit)

    def _recover(self, domains: Sequence[Naming], environment: Environment) -> RecoveryStack:
        copies = VaultStack(
            self,
            "RecoveryCopy",
            environment=environment,
            domains=domains,
            region=environment.recovery.copy_region,
        )
        return RecoveryStack(
            self,
            "Recovery",
            environment=environment,
            domains=domains,
            copies=copies,
            topics=self._foundation.topics,
            dead_letters=self._foundation.dead_letters,
        )

    def _let_people_in(self, environment: Environment) -> None:
        databases = [database for stack in self._databases for database in stack.databases.values()]
        if environment.bastion is not None and self._audit.sessions is not None and databases:
            BastionStack(
                self,
                "Bastion",
                environment=environment,
                settings=environment.bastion,
                databases=databases,
                platform_key=self._foundation.key,
                network=self._foundation.network,
                unresourced=self._foundation.unresourced,
                dead_letters=self._foundation.dead_letters,
                sessions=self._audit.sessions,
            )

    def _domain(self, domain: Domain, environment: Environment) -> None:
        naming = _naming(domain.name, environment)
        prefix = "".join(word.title() for word in domain.name.replace("-", "_").split("_"))
        lake = LakeStack(self, f"{prefix}Lake", environment=environment, domain=domain, naming=naming)
        lake.add_stack_dependency(self._audit)
        databases: Mapping[str, Database] = {}
        if environment.databases_of(domain.name):
            stack = DatabasesStack(
                self,
                f"{prefix}Databases",
                environment=environment,
                naming=naming,
                key=lake.key,
                platform_key=self._foundation.key,
                network=self._foundation.network,
                recovery=self._recovery,
                topics=self._foundation.topics,
            )
            self._databases.append(stack)
            databases = stack.databases
        streaming = add_streaming(
            self,
            prefix,
            environment=environment,
            domain=domain,
            naming=naming,
            lake=lake,
            foundation=self._foundation,
            databases=databases,
        )
        catalog = CatalogStack(
            self,
            f"{prefix}Catalog",
            environment=environment,
            domain=domain,
            naming=naming,
            key=lake.key,
            log_key=self._foundation.key,
            data_access=self._foundation.unresourced.data_access,
        )
        catalog.add_stack_dependency(lake)
        catalog.add_stack_dependency(self._tags)
        if environment.catalog.lake_formation == "create":
            catalog.add_stack_dependency(self._account)
        pipeline = PipelineStack(
            self,
            f"{prefix}Pipeline",
            environment=environment,
            domain=domain,
            naming=naming,
            key=lake.key,
            platform_key=self._foundation.key,
            network=self._foundation.network,
            cluster=self._foundation.cluster,
            repository=self._foundation.repositories["dbt"],
            dead_letters=self._foundation.dead_letters,
            topics=self._foundation.topics,
            unresourced=self._foundation.unresourced,
            athena_access=catalog.athena_access,
            recovery=self._recovery,
            databases=databases,
            extractor_repository=self._foundation.repositories["extractor"],
        )
        pipeline.add_stack_dependency(catalog)
        if streaming is not None and streaming.cluster is not None:
            add_loaders(
                self,
                prefix,
                environment=environment,
                domain=domain,
                naming=naming,
                lake=lake,
                foundation=self._foundation,
                streaming=streaming,
                athena_access=catalog.athena_access,
            ).add_stack_dependency(pipeline)
        RetentionStack(
            self,
            f"{prefix}Retention",
            environment=environment,
            domain=domain,
            naming=naming,
            platform_key=self._foundation.key,
            policies=[
                catalog.athena_access.policy,
                catalog.athena_access.commits,
                self._foundation.unresourced.data_access,
                self._foundation.unresourced.machine,
            ],
            dead_letters=self._foundation.dead_letters,
            topics=self._foundation.topics,
        ).add_stack_dependency(catalog)
        if has_personal_data(domain):
            PrivacyStack(
                self,
                f"{prefix}Privacy",
                environment=environment,
                domain=domain,
                naming=naming,
                key=lake.key,
                policies=[
                    catalog.athena_access.policy,
                    catalog.athena_access.commits,
                    self._foundation.unresourced.data_access,
                ],
            ).add_stack_dependency(catalog)
        if environment.access.just_in_time:
            AccessStack(
                self,
                f"{prefix}Access",
                environment=environment,
                domain=domain,
                naming=naming,
                platform_key=self._foundation.key,
                dead_letters=self._foundation.dead_letters,
                topics=self._foundation.topics,
                unresourced=self._foundation.unresourced,
                athena_access=catalog.athena_access,
                recovery=self._recovery,
            ).add_stack_dependency(catalog)


def _require_domains(environment: Environment, domains: Sequence[Domain]) -> None:
    known = [domain.name for domain in domains]
    for database in environment.databases:
        if known and database.domain not in known:
            raise ValueError(
                f"environments/{environment.name}.py: database {database.name!r} names the domain {database.domain!r}, "
                f"which does not exist. Allowed: {', '.join(known)}. Mend: correct it, or add a folder to domains/."
            )


def _naming(domain: str, environment: Environment) -> Naming:
    return Naming(
        organisation=environment.organisation,
        environment=environment.name,
        domain=domain,
        account=environment.account,
        region=environment.region,
    )

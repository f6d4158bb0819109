"""Personal data of a domain: the token keys, the register of erasures, and the roles that work with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from data_platform.catalog import READ, WRITE, ConsumerRole, LakeGrants, RunTableTags
from data_platform.contracts.erasure import REGISTER, subjects
from data_platform.contracts.masking import tokenised_columns
from data_platform.ingestion import (
    ErasureRegister,
    TokenKey,
    TokenMapping,
    eraser_policy,
    token_keeper_policy,
    token_reader_policy,
)
from data_platform.storage import lock_of
from stacks.extraction import extracted_datasets
from stacks.platform_stack import PlatformStack, removal_policy
from stacks.streaming_names import loader, streams_here

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms as kms
    from constructs import Construct, IConstruct

    from data_platform.contracts.model import Domain
    from data_platform.contracts.naming import Naming
    from environments.model import Environment

_CHANGE = ("DELETE", "DESCRIBE", "INSERT", "SELECT")


def has_personal_data(domain: Domain) -> bool:
    """Whether the domain needs this stack: a contract tokenises, or names a subject."""
    return bool(subjects(domain)) or any(tokenised_columns(dataset) for dataset in domain.datasets)


class PrivacyStack(PlatformStack):
    """What a domain with personal data has beyond the others.

    Args:
        scope: The stage of the environment.
        construct_id: Name of the stack within its stage.
        environment: Where it is deployed.
        domain: The domain and its contracts.
        naming: Physical names.
        key: The domain's key.
        policies: To ask Athena, to ask Lake Formation for data and to commit changes of tables.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        domain: Domain,
        naming: Naming,
        key: kms.IKey,
        policies: Sequence[iam.IManagedPolicy],
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            part=f"{domain.name}-privacy",
            description=f"Personal data of {domain.name}: token keys, erasures, and who works with them",
            environment=environment,
        )
        self._domain, self._naming, self._key, self._policies = domain, naming, key, policies
        self._principals = environment.catalog.consumer_principals
        after: list[IConstruct] = []
        if any(tokenised_columns(dataset) for dataset in domain.datasets):
            after = [self._tokens(environment)]
        if subjects(domain):
            self._erasure(environment, after)

    def _tokens(self, environment: Environment) -> IConstruct:
        naming = self._naming
        tokens = TokenKey(
            self,
            "TokenKey",
            naming=naming,
            key=self._key,
            removal_policy=removal_policy(environment),
            loaders=self._masking_loaders(environment),
        )
        landing = iam.Role.from_role_arn(self, "Landing", naming.role_arn("landing"))
        secret = tokens.secret.ref
        token_reader_policy(self, "LandingPolicy", role=landing, secret_arn=secret, key=self._key)
        if extracted_datasets(self._domain):
            extractor = iam.Role.from_role_arn(self, "Extractor", naming.role_arn("extractor"))
            token_reader_policy(self, "ExtractorPolicy", role=extractor, secret_arn=secret, key=self._key)
        for duty in self._masking_loaders(environment):
            role = iam.Role.from_role_arn(self, f"{duty.title()}Role", naming.role_arn(duty))
            token_reader_policy(self, f"{duty.title()}Policy", role=role, secret_arn=secret, key=self._key)
        keeper = self._role("TokenKeeper", "token-keeper")
        token_keeper_policy(
            self, "TokenKeeperPolicy", role=keeper, naming=naming, secret_arn=secret, key=self._key
        )
        mapping = TokenMapping(self, "TokenMapping", naming=naming)
        grants = LakeGrants(self, "TokenKeeperGrants", role=keeper, naming=naming, after=[mapping])
        grants.databases(["staged", "curated"], "DESCRIBE")
        grants.tables(["candidate", "quarantine", "staged", "curated"], *_CHANGE)
        return grants

    def _masking_loaders(self, environment: Environment) -> list[str]:
        """The duties that load streams here whose values become tokens when they land."""
        if not environment.streaming.on:
            return []
        return [loader(dataset) for dataset, _ in streams_here(self._domain) if tokenised_columns(dataset)]

    def _erasure(self, environment: Environment, after: Sequence[IConstruct]) -> None:
        naming = self._naming
        register = ErasureRegister(
            self, "ErasureRegister", naming=naming, removal_policy=removal_policy(environment)
        )
        RunTableTags(self, "ErasureRegisterTags", name=REGISTER, naming=naming, table=register)
        eraser = self._role("Eraser", "eraser")
        locked = lock_of(self._domain.datasets, environment.storage.object_lock_mode) is not None
        eraser_policy(self, "EraserPolicy", role=eraser, naming=naming, locked=locked)
        grants = LakeGrants(self, "EraserGrants", role=eraser, naming=naming, after=[register, *after])
        grants.databases(["raw", "staged", "curated"], "DESCRIBE")
        grants.tables(["raw"], *READ)
        grants.tables(
            ["candidate", "quarantine", "staged", "curated"], *WRITE
        )  # ALTER: to expire snapshots now

    def _role(self, construct_id: str, duty: str) -> iam.Role:
        return ConsumerRole(
            self,
            construct_id,
            duty=duty,
            naming=self._naming,
            principals=self._principals,
            policies=self._policies,
        ).role

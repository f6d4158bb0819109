"""The audit of an environment: the trail, the store that nobody can shorten, and who is told of tampering."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.audit import (
    RESULTS,
    SETTINGS,
    AuditNames,
    Auditor,
    AuditStore,
    AuditTables,
    AuditTrail,
    Evidence,
    EvidenceLocation,
    Keeping,
    QueryHistory,
    ReplicatedBucket,
    SessionHistory,
    TrailFilters,
)
from data_platform.foundation import CustomerKey, KeyService, deployment_role_arn
from data_platform.observability import DomainAlarms, EventRules
from data_platform.observability.tampering import TAMPERING, tampering_rules, trail_alarms, trail_filters
from stacks.platform_stack import PlatformStack, removal_policy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_logs as logs
    from aws_cdk import aws_s3 as s3
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from data_platform.contracts.naming import Naming
    from environments.model import Environment

OWNER = "data-platform"
LOGGED_ZONES = ("raw", "staged", "curated", "sandbox")
_KEY_DUTIES = ("auditor", "history", "lake", "replication", "sessions")


class AuditStack(PlatformStack):
    """Everything of the audit. It names the domains' buckets and never refers to them: they come later and log here.

    Args:
        scope: The stage of the environment.
        construct_id: Name of the stack within its stage.
        environment: Where it is deployed.
        domains: Physical names of the domains, whose buckets are recorded.
        workgroups: The domains' workgroups, whose queries are recorded.
        topics: Who is told, by severity.
        dead_letters: Keeps what could not be delivered.
        data_access: The policy to ask Lake Formation for data.
        machine_access: The policy with which a state machine logs and traces.
        platform_key: Encrypts dead letters.

    Attributes:
        settings_history: Bucket, prefix and key of what AWS Config records.
        sessions: Log group of the bastion's sessions, whose days are kept in the store; None where there is no bastion.
    """

    settings_history: tuple[str, str, str]
    sessions: logs.CfnLogGroup | None

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        domains: Sequence[Naming],
        workgroups: Sequence[str],
        topics: Mapping[str, sns.ITopic],
        dead_letters: sqs.IQueue,
        data_access: iam.IManagedPolicy,
        machine_access: iam.IManagedPolicy,
        platform_key: kms.IKey,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            part="audit",
            description="What was done and who read what: the trail, its locked store, and alarms on tampering",
            environment=environment,
        )
        settings = environment.audit
        self._environment, self._names = environment, audit_names(environment)
        names, removal = self._names, removal_policy(environment)
        self._deployment = deployment_role_arn(account=environment.account, region=environment.region)
        self._key = CustomerKey(
            self,
            "Key",
            alias=names.trail,
            description="Evidence: trails, access logs, queries and what auditors were answered",
            removal_policy=removal,
            role_arns=[names.role_arn(duty) for duty in _KEY_DUTIES],
            services=[KeyService.LOGS, KeyService.CLOUDTRAIL, KeyService.CONFIG],
        ).key
        evidence = Evidence(
            self,
            "Default",  # adds nothing to logical ids, which stay what they were before there was an `Evidence`
            names=names,
            key=self._key,
            keeping=Keeping(mode=settings.lock_mode, lock_days=settings.lock_days, days=settings.keep_days),
            original_days=settings.original_days,
            deployment_role_arn=self._deployment,
            removal_policy=removal,
        )
        store = evidence.store
        results = self._replicated(evidence)
        self.settings_history = (names.settings, SETTINGS.rstrip("/"), self._key.key_arn)
        history = QueryHistory(
            self,
            "QueryHistory",
            names=names,
            store=store.bucket,
            key=self._key,
            workgroups=sorted([*workgroups, names.workgroup]),
            machine_access=machine_access,
            dead_letters=dead_letters,
            log_retention_days=settings.log_group_days,
            removal_policy=removal,
        )
        sessions = self._sessions(store, machine_access, dead_letters, platform_key)
        self.sessions = sessions.sessions if sessions else None
        machines = {"query": history.machine_arn} | ({"session": sessions.machine_arn} if sessions else {})
        self._record(store, machines, topics, dead_letters)
        self._answer(domains, store, results, data_access)

    def _replicated(self, evidence: Evidence) -> s3.IBucket:
        """The settings' history, and auditors' answers; returns the bucket of the answers."""
        evidence.access_logs.let_logs_in(self._environment.prefix, self._environment.account)
        if self._environment.detection.config == "create":
            settings = self._bucket("Settings", self._names.settings, SETTINGS, evidence)
            settings.let_config_in(self._environment.account)
        return self._bucket("Results", self._names.results, RESULTS, evidence).bucket

    def _bucket(self, part: str, name: str, prefix: str, evidence: Evidence) -> ReplicatedBucket:
        return ReplicatedBucket(
            self,
            part,
            name=name,
            prefix=prefix,
            key=self._key,
            store=evidence.store.bucket,
            store_key=self._key,
            replication=evidence.replication,
            access_logs=evidence.access_logs.bucket,
            days=self._environment.audit.original_days,
            deployment_role_arn=self._deployment,
            removal_policy=removal_policy(self._environment),
        )

    def _sessions(
        self,
        store: AuditStore,
        machine_access: iam.IManagedPolicy,
        dead_letters: sqs.IQueue,
        platform_key: kms.IKey,
    ) -> SessionHistory | None:
        environment = self._environment
        if environment.bastion is None:
            return None
        return SessionHistory(
            self,
            "SessionHistory",
            names=self._names,
            log_group=f"/{environment.prefix}/bastion",
            store=store.bucket,
            key=self._key,
            machine_access=machine_access,
            dead_letters=dead_letters,
            dead_letter_key=platform_key,
            log_retention_days=environment.audit.log_group_days,
            removal_policy=removal_policy(environment),
        )

    def _record(
        self,
        store: AuditStore,
        history_machines: Mapping[str, str],
        topics: Mapping[str, sns.ITopic],
        dead_letters: sqs.IQueue,
    ) -> None:
        settings, prefix = self._environment.audit, self._environment.prefix
        EventRules(
            self,
            "Tampering",
            name_prefix=prefix,
            rules=tampering_rules(prefix),
            owner=OWNER,
            topics=topics,
            dead_letters=dead_letters,
        )
        watch_root = settings.watch_root
        if settings.trail == "create":
            store.let_trail_write(self._names, organization=settings.organization_id)
            trail = AuditTrail(
                self,
                "Trail",
                names=self._names,
                store=store,
                key=self._key,
                organization=settings.organization_id,
                log_retention_days=settings.log_group_days,
                removal_policy=removal_policy(self._environment),
            )
            TrailFilters(
                self,
                "Filters",
                log_group=trail.log_group,
                namespace=TAMPERING,
                patterns=trail_filters(watch_root=watch_root),
            )
        DomainAlarms(
            self,
            "Alarms",
            name_prefix=prefix,
            rules=trail_alarms(watch_root=watch_root, history_machines=history_machines),
            owner=OWNER,
            topics=topics,
        )

    def _answer(
        self,
        domains: Sequence[Naming],
        store: AuditStore,
        results: s3.IBucket,
        data_access: iam.IManagedPolicy,
    ) -> None:
        names, settings = self._names, self._environment.audit
        logged = [domain.bucket(zone) for domain in domains for zone in LOGGED_ZONES]
        tables = AuditTables(
            self,
            "Tables",
            names=names,
            organization=settings.organization_id,
            regions=settings.regions,
            buckets=[*logged, names.results],
        )
        Auditor(
            self,
            "Auditor",
            names=names,
            key=self._key,
            tables=tables,
            location=EvidenceLocation(self, "Location", names=names, store=store.bucket, key=self._key),
            results=results,
            principals=settings.auditor_principals,
            data_access=data_access,
            bytes_scanned_cutoff=self._environment.catalog.bytes_scanned_cutoff,
        )


def audit_names(environment: Environment) -> AuditNames:
    """The physical names of an environment's audit, which other stacks may know too."""
    return AuditNames(prefix=environment.prefix, account=environment.account, region=environment.region)

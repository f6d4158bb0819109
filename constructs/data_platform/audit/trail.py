"""The trail: what was done in the account, and who read which object of the lake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_iam as iam
from constructs import Construct

from data_platform.log_group import encrypted_log_group

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aws_cdk as cdk
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_logs as logs

    from data_platform.audit.names import AuditNames
    from data_platform.audit.store import AuditStore

Field = cloudtrail.CfnTrail.AdvancedFieldSelectorProperty


class AuditTrail(Construct):
    """A multi-region trail with signed files, in the store, under the audit's key, and in a log group for alarms.

    Management events hold Lake Formation's GetDataAccess and grants, Athena's queries by id, roles that were taken
    and every change; data events hold each object of the environment's buckets.

    Args:
        scope: The construct that owns the trail.
        construct_id: Name within its scope.
        names: Physical names.
        store: Where files go.
        key: The audit's key.
        organization: Id of the organisation whose trail this is; None for a trail of one account.
        log_retention_days: Days for which the log group keeps events.
        removal_policy: Whether the log group outlives its stack.

    Attributes:
        log_group: Where metric filters look: it has the calls of services without region, such as IAM.
    """

    log_group: logs.CfnLogGroup

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: AuditNames,
        store: AuditStore,
        key: kms.IKey,
        organization: str | None,
        log_retention_days: int,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        self.log_group = encrypted_log_group(
            self,
            "LogGroup",
            name=f"/{names.prefix}/audit-trail",
            key=key,
            retention_days=log_retention_days,
            removal_policy=removal_policy,
        )
        role = iam.Role(
            self,
            "Role",
            role_name=names.role("trail"),
            description="CloudTrail writes events to the log group of the trail with it",
            assumed_by=iam.ServicePrincipal(
                "cloudtrail.amazonaws.com", conditions={"StringEquals": {"aws:SourceArn": names.trail_arn}}
            ),
        )
        policy = self._log_policy(role)
        trail = cloudtrail.CfnTrail(
            self,
            "Resource",
            trail_name=names.trail,
            s3_bucket_name=store.bucket.bucket_name,
            kms_key_id=key.key_arn,
            is_logging=True,
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_log_file_validation=True,
            is_organization_trail=True if organization else None,
            cloud_watch_logs_log_group_arn=self.log_group.attr_arn,
            cloud_watch_logs_role_arn=role.role_arn,
            advanced_event_selectors=_selectors(names),
        )
        trail.node.add_dependency(policy)
        if store.bucket.policy:
            trail.node.add_dependency(store.bucket.policy)

    def _log_policy(self, role: iam.Role) -> iam.ManagedPolicy:
        """CloudTrail names the streams itself; the log group is the trail's alone."""
        return iam.ManagedPolicy(
            self,
            "Policy",
            roles=[role],
            statements=[
                iam.PolicyStatement(
                    actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[self.log_group.attr_arn]
                )
            ],
        )


def _selectors(names: AuditNames) -> list[cloudtrail.CfnTrail.AdvancedEventSelectorProperty]:
    own = f"arn:aws:s3:::{names.prefix}-"
    store, store_log, access_logs = (
        f"arn:aws:s3:::{bucket}/" for bucket in (names.store, names.store_log, names.access_logs)
    )
    objects = (
        Field(field="eventCategory", equal_to=["Data"]),
        Field(field="resources.type", equal_to=["AWS::S3::Object"]),
    )
    return [
        _selector("Everything that was done", Field(field="eventCategory", equal_to=["Management"])),
        _selector(
            "Every object of the environment",
            *objects,
            Field(field="resources.ARN", starts_with=[own], not_starts_with=[store, store_log, access_logs]),
        ),
        _selector(  # each delivery of the trail is a PutObject: recording it would never end
            "The store and its log, but for what is delivered to them",
            *objects,
            Field(field="resources.ARN", starts_with=[store, store_log]),
            Field(field="eventName", not_equals=["PutObject"]),
        ),
    ]


def _selector(name: str, *fields: Field) -> cloudtrail.CfnTrail.AdvancedEventSelectorProperty:
    given: Sequence[Field] = fields
    return cloudtrail.CfnTrail.AdvancedEventSelectorProperty(name=name, field_selectors=list(given))

"""A customer key whose policy names who may use it: administrators cannot decrypt, named roles can.

CDK's own key policies leave out the service principals that deliver logs and alarms, and no public gate
notices; here each service that needs the key is named. The roles are named by ARN text in a condition, since
they live in stacks above the key and a role that does not exist yet cannot be a principal.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from data_platform.foundation.deployment import deployment_role_arn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_USE = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
_ADMINISTER = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListAliases",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)


class KeyService(StrEnum):
    """AWS services that use a key in their own name; each needs a statement of its own in the key policy."""

    LOGS = "logs"
    CLOUDWATCH_ALARMS = "cloudwatch"
    EVENTBRIDGE = "events"
    NOTIFICATIONS = "sns"
    CLOUDTRAIL = "cloudtrail"
    CONFIG = "config"


class CustomerKey(Construct):
    """A key that rotates, with an alias, and a policy that separates administration from use.

    Args:
        scope: The construct that owns this key.
        construct_id: Name of the key within its scope.
        alias: Public name of the key, without `alias/`.
        description: What the key protects.
        removal_policy: Whether the key outlives its stack.
        role_arns: Roles of this account that may encrypt and decrypt, where their own policies say so too.
        bucket_users: Roles that may use the key only through S3 and for one bucket: role ARNs by bucket ARN.
        service_users: Roles that may use the key only through a service: role ARNs by service, such as `sqs`.
        secret_users: Roles that may use the key only through Secrets Manager, for secrets of this account.
        services: AWS services that use the key in their own name.
        granting_services: AWS services that hold the key by a grant which they make for whoever makes the
            resource (and, for DynamoDB, uses it): `dynamodb` for tables, `ecr` for repositories.
        granting_users: Roles that may use the key only through the granting services.
        resource_services: AWS services that use the key for resources of theirs, by grants which end with the resource:
            `rds` for databases, `ec2` for disks. The deployment makes the resources; named roles may copy or start
            them: role ARNs by service.

    Example:
        >>> stack = cdk.Stack(env=cdk.Environment(account="111111111111", region="ap-southeast-2"))
        >>> key = CustomerKey(stack, "Key", alias="dp-dev", description="Everything that domains share",
        ...                   removal_policy=cdk.RemovalPolicy.RETAIN, services=[KeyService.LOGS])
        >>> key.key.node.path
        'Default/Key/Resource'
    """

    key: kms.IKey

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        alias: str,
        description: str,
        removal_policy: cdk.RemovalPolicy,
        role_arns: Sequence[str] = (),
        bucket_users: Mapping[str, Sequence[str]] | None = None,
        service_users: Mapping[str, Sequence[str]] | None = None,
        secret_users: Sequence[str] = (),
        services: Sequence[KeyService] = (),
        granting_services: Sequence[str] = (),
        granting_users: Sequence[str] = (),
        resource_services: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        statements = [self._administration()]
        if role_arns:
            statements.append(self._use_by_roles(role_arns))
        for number, (bucket, roles) in enumerate((bucket_users or {}).items(), start=1):
            statements.append(self._use_through_s3(number, bucket, roles))
        statements += [
            self._use_through_service(service, roles)
            for service, roles in (service_users or {}).items()
            if roles
        ]
        if secret_users:
            statements.append(self._use_through_secrets(secret_users))
        statements += [self._use_by_service(service) for service in services]
        makers = [*role_arns, *granting_users]
        statements += [self._grants_through(service, makers) for service in granting_services]
        for service, roles in (resource_services or {}).items():
            statements += self._resources_of(service, roles)
        self.key = kms.Key(
            self,
            "Resource",
            alias=alias,
            description=description,
            enable_key_rotation=True,
            pending_window=cdk.Duration.days(30),
            removal_policy=removal_policy,
            policy=iam.PolicyDocument(statements=statements),
        )

    def _administration(self) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            sid="AdministrationWithoutUse",
            actions=list(_ADMINISTER),
            principals=[iam.AccountRootPrincipal()],
            resources=["*"],
        )

    def _use_by_roles(self, role_arns: Sequence[str]) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            sid="UseByNamedRoles",
            actions=list(_USE),
            principals=[iam.AccountRootPrincipal()],
            resources=["*"],
            conditions={"ArnEquals": {"aws:PrincipalArn": sorted(role_arns)}},
        )

    def _grants_through(self, service: str, role_arns: Sequence[str]) -> iam.PolicyStatement:
        region, account = cdk.Stack.of(self).region, cdk.Stack.of(self).account
        makers = {*role_arns, deployment_role_arn(account=account, region=region)}
        return iam.PolicyStatement(
            sid=f"UseThrough{service.title()}",
            actions=[*_USE, "kms:CreateGrant", "kms:RetireGrant"],
            principals=[iam.AccountRootPrincipal()],
            resources=["*"],
            conditions={
                "ArnEquals": {"aws:PrincipalArn": sorted(makers)},
                "StringEquals": {"kms:ViaService": f"{service}.{region}.amazonaws.com"},
            },
        )

    def _resources_of(self, service: str, role_arns: Sequence[str]) -> list[iam.PolicyStatement]:
        """Use through the service, and grants that only the service itself can be given, for its resources."""
        region, account = cdk.Stack.of(self).region, cdk.Stack.of(self).account
        makers = sorted({*role_arns, deployment_role_arn(account=account, region=region)})
        through = {
            "kms:CallerAccount": account,
            "kms:ViaService": f"{service}.{region}.amazonaws.com",
        }
        return [
            iam.PolicyStatement(
                sid=f"ResourcesOf{service.title()}",
                actions=[*_USE, "kms:GenerateDataKeyWithoutPlaintext"],
                principals=[iam.AccountRootPrincipal()],
                resources=["*"],
                conditions={"ArnEquals": {"aws:PrincipalArn": makers}, "StringEquals": through},
            ),
            iam.PolicyStatement(
                sid=f"GrantsTo{service.title()}",
                actions=["kms:CreateGrant"],
                principals=[iam.AccountRootPrincipal()],
                resources=["*"],
                conditions={
                    "ArnEquals": {"aws:PrincipalArn": makers},
                    "Bool": {"kms:GrantIsForAWSResource": "true"},
                    "StringEquals": through,
                },
            ),
        ]

    def _use_through_s3(self, number: int, bucket_arn: str, role_arns: Sequence[str]) -> iam.PolicyStatement:
        # With bucket keys the encryption context is the bucket's ARN, without them it is the object's.
        context = {"kms:EncryptionContext:aws:s3:arn": [bucket_arn, f"{bucket_arn}/*"]}
        return iam.PolicyStatement(
            sid=f"UseThroughBucket{number}",
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            principals=[iam.AccountRootPrincipal()],
            resources=["*"],
            conditions={
                "ArnEquals": {"aws:PrincipalArn": sorted(role_arns)},
                "StringEquals": {"kms:ViaService": f"s3.{cdk.Stack.of(self).region}.amazonaws.com"},
                "StringLike": context,
            },
        )

    def _use_through_service(self, service: str, role_arns: Sequence[str]) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            sid=f"UseThrough{service.title()}",
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            principals=[iam.AccountRootPrincipal()],
            resources=["*"],
            conditions={
                "ArnEquals": {"aws:PrincipalArn": sorted(role_arns)},
                "StringEquals": {"kms:ViaService": f"{service}.{cdk.Stack.of(self).region}.amazonaws.com"},
            },
        )

    def _use_through_secrets(self, role_arns: Sequence[str]) -> iam.PolicyStatement:
        region, account = cdk.Stack.of(self).region, cdk.Stack.of(self).account
        makers = {*role_arns, deployment_role_arn(account=account, region=region)}
        return iam.PolicyStatement(
            sid="UseThroughSecretsManager",
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            principals=[iam.AccountRootPrincipal()],
            resources=["*"],
            conditions={
                "ArnEquals": {"aws:PrincipalArn": sorted(makers)},
                "StringEquals": {"kms:ViaService": f"secretsmanager.{region}.amazonaws.com"},
                "StringLike": {
                    "kms:EncryptionContext:SecretARN": f"arn:aws:secretsmanager:{region}:{account}:secret:*"
                },
            },
        )

    def _use_by_service(self, service: KeyService) -> iam.PolicyStatement:
        region, account = cdk.Stack.of(self).region, cdk.Stack.of(self).account
        if service is KeyService.LOGS:
            return iam.PolicyStatement(
                sid="UseByLogs",
                actions=list(_USE),
                principals=[iam.ServicePrincipal(f"logs.{region}.amazonaws.com")],
                resources=["*"],
                conditions={
                    "ArnLike": {
                        "kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{region}:{account}:log-group:*",
                    },
                },
            )
        if service is KeyService.CLOUDTRAIL:
            trails = f"arn:aws:cloudtrail:{region}:{account}:trail/*"
            return iam.PolicyStatement(
                sid="UseByCloudTrail",
                actions=["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
                principals=[iam.ServicePrincipal("cloudtrail.amazonaws.com")],
                resources=["*"],
                conditions={"ArnLike": {"aws:SourceArn": trails}},
            )
        return iam.PolicyStatement(
            sid=f"UseBy{service.name.title().replace('_', '')}",
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            principals=[iam.ServicePrincipal(f"{service.value}.amazonaws.com")],
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": account}},
        )

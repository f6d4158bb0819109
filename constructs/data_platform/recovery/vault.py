"""A vault of AWS Backup whose recovery points leave it by age only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_backup as backup
from aws_cdk import aws_iam as iam
from constructs import Construct

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms

# What ends a recovery point or a vault before its time, or takes their protection away.
_ENDS_EARLY = (
    "backup:DeleteBackupVault",
    "backup:DeleteRecoveryPoint",
    "backup:DisassociateRecoveryPoint",
    "backup:DisassociateRecoveryPointFromParent",
    "backup:UpdateRecoveryPointLifecycle",
)
_UNPROTECTS = (
    "backup:DeleteBackupVaultAccessPolicy",
    "backup:DeleteBackupVaultLockConfiguration",
    "backup:PutBackupVaultAccessPolicy",
    "backup:PutBackupVaultLockConfiguration",
)
# Expires what is old enough in AWS Backup's own name; a denial without exception would stop that, too.
_EXPIRY_ROLE = "aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"


@dataclass(frozen=True, kw_only=True)
class VaultLock:
    """What a vault's lock keeps.

    Args:
        least_days: Shortest retention that the vault takes.
        most_days: Longest retention that it takes.
        changeable_days: Days after which nobody, AWS included, can change or lift the lock (compliance mode); None
            leaves that to whoever may (governance mode).
    """

    least_days: int
    most_days: int
    changeable_days: int | None


class KeptVault(Construct):
    """A vault under a customer key.

    Where data is kept, its policy denies everybody to end a recovery point early, and everybody but the role that
    deploys to take the protection away: a reviewed change. Where everything may be deleted, it has neither.

    Args:
        scope: The construct that owns the vault.
        construct_id: Name within its scope.
        name: Public name.
        key: Encrypts the copies.
        lock: Keeps the copies; None locks nothing.
        removal_policy: Whether the vault outlives its stack, and refuses to end anything early.
        deployment_role_arn: Who may change the vault's protection.

    Attributes:
        name: Public name, known before the vault exists.
        arn: ARN by that name.
        resource: The vault itself, to depend on.

    Example:
        >>> from aws_cdk import aws_kms as kms
        >>> stack = cdk.Stack(env=cdk.Environment(account="111111111111", region="ap-southeast-2"))
        >>> KeptVault(stack, "Vault", name="dp-dev-backups", key=kms.Key(stack, "Key"), lock=None,
        ...           removal_policy=cdk.RemovalPolicy.DESTROY, deployment_role_arn="arn:role").arn
        'arn:aws:backup:ap-southeast-2:111111111111:backup-vault:dp-dev-backups'
    """

    name: str
    arn: str
    resource: backup.CfnBackupVault

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        key: kms.IKey,
        lock: VaultLock | None,
        removal_policy: cdk.RemovalPolicy,
        deployment_role_arn: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = name
        self.arn = vault_arn(name, account=cdk.Stack.of(self).account, region=cdk.Stack.of(self).region)
        kept = removal_policy != cdk.RemovalPolicy.DESTROY
        self.resource = backup.CfnBackupVault(
            self,
            "Resource",
            backup_vault_name=name,
            encryption_key_arn=key.key_arn,
            access_policy=self._policy(deployment_role_arn) if kept else None,
            lock_configuration=_lock(lock) if lock else None,
        )
        self.resource.apply_removal_policy(removal_policy)

    def _policy(self, deployment_role_arn: str) -> iam.PolicyDocument:
        expiry = f"arn:aws:iam::{cdk.Stack.of(self).account}:role/{_EXPIRY_ROLE}"
        return iam.PolicyDocument(
            statements=[
                _deny("NothingEndsEarly", _ENDS_EARLY, but=expiry),
                _deny("ProtectionIsChangedByReviewOnly", _UNPROTECTS, but=deployment_role_arn),
            ]
        )


def vault_arn(name: str, *, account: str, region: str) -> str:
    """The ARN of a vault by its name.

    Example:
        >>> vault_arn("dp-dev-backups", account="111111111111", region="ap-southeast-4")
        'arn:aws:backup:ap-southeast-4:111111111111:backup-vault:dp-dev-backups'
    """
    return f"arn:aws:backup:{region}:{account}:backup-vault:{name}"


def _deny(sid: str, actions: tuple[str, ...], *, but: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=sid,
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=list(actions),
        resources=["*"],
        conditions={"ArnNotEquals": {"aws:PrincipalArn": but}},
    )


def _lock(lock: VaultLock) -> backup.CfnBackupVault.LockConfigurationTypeProperty:
    return backup.CfnBackupVault.LockConfigurationTypeProperty(
        min_retention_days=lock.least_days,
        max_retention_days=lock.most_days,
        changeable_for_days=lock.changeable_days,
    )

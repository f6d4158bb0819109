"""A table in the plan: the selection, and two roles that can copy it and restore it beside, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_backup as backup
from aws_cdk import aws_iam as iam
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_dynamodb as dynamodb

# A restore never writes over the table: it makes one of these, and a person decides.
RESTORED_SUFFIXES = ("-drill", "-restored")
_USE = ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey")
_FILL = (
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:DescribeTable",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:Query",
    "dynamodb:RestoreTableFromAwsBackup",
    "dynamodb:Scan",
    "dynamodb:UpdateItem",
)


class TableBackups(Construct):
    """Puts one DynamoDB table into a plan.

    It stands in the stack of the table, so that table and backup come and go together, and gates see that the table
    is backed up.

    Args:
        scope: The construct that owns the selection.
        construct_id: Name within its scope.
        table: What is backed up.
        table_name: Its public name.
        plan_id: The plan.
        vault_arns: The plan's vault, and the vault that it copies to.
        key_arns: Keys of the table and of these vaults.
        backup_role: Public name of the role that copies.
        restore_role: Public name of the role that restores.

    Example:
        >>> from aws_cdk import aws_dynamodb as dynamodb
        >>> stack = cdk.Stack(env=cdk.Environment(account="111111111111", region="ap-southeast-2"))
        >>> arn = "arn:aws:dynamodb:ap-southeast-2:111111111111:table/l"
        >>> made = TableBackups(stack, "Backups", table=dynamodb.Table.from_table_arn(stack, "T", arn), table_name="l",
        ...                     plan_id="p", vault_arns=["v"], key_arns=["k"], backup_role="b", restore_role="r")
        >>> made.selection.node.path
        'Default/Backups/Selection'
    """

    selection: backup.CfnBackupSelection

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        table: dynamodb.ITable,
        table_name: str,
        plan_id: str,
        vault_arns: Sequence[str],
        key_arns: Sequence[str],
        backup_role: str,
        restore_role: str,
    ) -> None:
        super().__init__(scope, construct_id)
        copying = self._role("BackupRole", backup_role)
        restoring = self._role("RestoreRole", restore_role)
        policy = iam.ManagedPolicy(
            self,
            "BackupPolicy",
            roles=[copying],
            statements=[
                _allow(
                    "dynamodb:DescribeTable",
                    "dynamodb:ListTagsOfResource",
                    "dynamodb:StartAwsBackupJob",
                    on=[table.table_arn],
                ),
                _allow("backup:CopyFromBackupVault", "backup:CopyIntoBackupVault", on=vault_arns),
                *_uses_of_keys(key_arns),
            ],
        )
        beside = [f"{_named_arn(self, table_name)}{suffix}" for suffix in RESTORED_SUFFIXES]
        iam.ManagedPolicy(
            self,
            "RestorePolicy",
            roles=[restoring],
            statements=[_allow(*_FILL, on=beside), *_uses_of_keys(key_arns, "kms:Encrypt")],
        )
        self.selection = backup.CfnBackupSelection(
            self,
            "Selection",
            backup_plan_id=plan_id,
            backup_selection=backup.CfnBackupSelection.BackupSelectionResourceTypeProperty(
                selection_name=table_name, iam_role_arn=copying.role_arn, resources=[table.table_arn]
            ),
        )
        self.selection.node.add_dependency(policy)

    def _role(self, construct_id: str, name: str) -> iam.Role:
        account = cdk.Stack.of(self).account
        service = iam.ServicePrincipal("backup.amazonaws.com")
        own_account = service.with_conditions({"StringEquals": {"aws:SourceAccount": account}})
        return iam.Role(self, construct_id, role_name=name, assumed_by=own_account)


def _uses_of_keys(key_arns: Sequence[str], *more: str) -> list[iam.PolicyStatement]:
    """The use of keys, and grants to AWS services for it: their copies outlive the call that asked for them."""
    grant = _allow("kms:CreateGrant", on=key_arns)
    grant.add_condition("Bool", {"kms:GrantIsForAWSResource": "true"})
    return [_allow(*_USE, *more, on=key_arns), grant]


def _allow(*actions: str, on: Sequence[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=sorted(actions), resources=list(on))


def _named_arn(scope: Construct, table_name: str) -> str:
    stack = cdk.Stack.of(scope)
    return f"arn:aws:dynamodb:{stack.region}:{stack.account}:table/{table_name}"

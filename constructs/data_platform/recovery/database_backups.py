"""Databases in the plan: the selection, and the role that copies them and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_backup as backup
from aws_cdk import aws_iam as iam
from constructs import Construct

from data_platform.acknowledgement import acknowledge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_rds as rds

_USE = ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey")


class DatabaseBackups(Construct):
    """Puts RDS instances into a plan.

    It stands in the stack of the instances, so that all come and go together, and gates see that they are backed up.
    Whoever restores does so by a snapshot of the vault, beside the instance; the runbook says how.

    Args:
        scope: The construct that owns the selection.
        construct_id: Name within its scope.
        databases: What is backed up: instance by its public name.
        plan_id: The plan.
        vault_arns: The plan's vault, and the vault that it copies to.
        key_arns: Keys of the instances and of these vaults.
        name: Public name of the selection and of the role that copies.

    Example:
        >>> from aws_cdk import aws_rds as rds
        >>> stack = cdk.Stack(env=cdk.Environment(account="111111111111", region="ap-southeast-2"))
        >>> made = DatabaseBackups(stack, "Backups", databases={"shop": rds.CfnDBInstance(stack, "Shop")},
        ...                        plan_id="p", vault_arns=["v"], key_arns=["k"], name="dp-dev-retail-database-backup")
        >>> made.selection.node.path
        'Default/Backups/Selection'
    """

    selection: backup.CfnBackupSelection

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        databases: Mapping[str, rds.CfnDBInstance],
        plan_id: str,
        vault_arns: Sequence[str],
        key_arns: Sequence[str],
        name: str,
    ) -> None:
        super().__init__(scope, construct_id)
        account = cdk.Stack.of(self).account
        instances = [instance.attr_db_instance_arn for instance in databases.values()]
        service = iam.ServicePrincipal("backup.amazonaws.com")
        role = iam.Role(
            self,
            "Role",
            role_name=name,
            description=f"Copies {', '.join(databases)} into the vault",
            assumed_by=service.with_conditions({"StringEquals": {"aws:SourceAccount": account}}),
        )
        # Of both regions; the boundary leaves the platform no others.
        snapshots = f"arn:aws:rds:*:{account}:snapshot:awsbackup:*"
        grant = _allow("kms:CreateGrant", on=key_arns)
        grant.add_condition("Bool", {"kms:GrantIsForAWSResource": "true"})
        policy = iam.ManagedPolicy(
            self,
            "Policy",
            roles=[role],
            statements=[
                _allow(
                    "rds:CreateDBSnapshot",
                    "rds:DescribeDBInstances",
                    "rds:DescribeDBSnapshots",
                    "rds:ListTagsForResource",
                    on=instances,
                ),
                _allow(
                    "rds:AddTagsToResource",
                    "rds:CopyDBSnapshot",
                    "rds:CreateDBSnapshot",
                    "rds:DeleteDBSnapshot",
                    "rds:DescribeDBSnapshots",
                    on=[snapshots],
                ),
                _allow("backup:CopyFromBackupVault", "backup:CopyIntoBackupVault", on=vault_arns),
                _allow(*_USE, on=key_arns),
                grant,
            ],
        )
        acknowledge(
            policy,
            f"AwsSolutions::AwsSolutions-IAM5[Resource::{snapshots}]",
            reason="AWS Backup chooses the names of its snapshots, all of which start with awsbackup; nobody else's "
            "snapshots do. The role can be taken by AWS Backup of this account alone.",
        )
        self.selection = backup.CfnBackupSelection(
            self,
            "Selection",
            backup_plan_id=plan_id,
            backup_selection=backup.CfnBackupSelection.BackupSelectionResourceTypeProperty(
                selection_name=name,
                iam_role_arn=role.role_arn,
                resources=instances,
            ),
        )
        self.selection.node.add_dependency(policy)


def _allow(*actions: str, on: Sequence[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=sorted(actions), resources=list(on))

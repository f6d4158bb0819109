"""The auditor: asks Athena about the evidence, through Lake Formation, and reaches no file of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_athena as athena
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lakeformation as lakeformation
from constructs import Construct

from data_platform.audit.questions import questions
from data_platform.audit.replicated_bucket import RESULTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3

    from data_platform.audit.names import AuditNames
    from data_platform.audit.tables import AuditTables

_ON_ANSWERS = ("s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject")
LakePrincipal = lakeformation.CfnPrincipalPermissions.DataLakePrincipalProperty
LakeResource = lakeformation.CfnPrincipalPermissions.ResourceProperty


class EvidenceLocation(Construct):
    """The store under Lake Formation, which reads it for whom it grants.

    Args:
        scope: The construct that owns the location.
        construct_id: Name within its scope.
        names: Physical names.
        store: The store; its policy lets Lake Formation's role read.
        key: The audit's key.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, names: AuditNames, store: s3.IBucket, key: kms.IKey
    ) -> None:
        super().__init__(scope, construct_id)
        role = iam.Role(
            self,
            "Role",
            role_name=names.role("lake"),
            description="Lake Formation reads evidence with it",
            assumed_by=iam.ServicePrincipal(
                "lakeformation.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": names.account}},
            ),
        )
        policy = iam.ManagedPolicy(
            self,
            "Policy",
            roles=[role],
            statements=[
                iam.PolicyStatement(actions=["kms:Decrypt", "kms:DescribeKey"], resources=[key.key_arn]),
            ],
        )
        _reach(store, role, "EvidenceIsRead", ["s3:GetObject"], store.arn_for_objects("*"))
        _reach(store, role, "EvidenceIsListed", ["s3:GetBucketLocation", "s3:ListBucket"], store.bucket_arn)
        location = lakeformation.CfnResource(
            self,
            "Resource",
            resource_arn=f"arn:aws:s3:::{names.store}",
            role_arn=role.role_arn,
            use_service_linked_role=False,
            hybrid_access_enabled=False,
        )
        location.node.add_dependency(policy)


class Auditor(Construct):
    """The role of auditors, their workgroup, their grants and their saved questions.

    Args:
        scope: The construct that owns them.
        construct_id: Name within its scope.
        names: Physical names.
        key: The audit's key.
        tables: The tables, all of which the auditor reads and none changes.
        location: The store under Lake Formation.
        results: Where answers go; S3 copies them into the store, since what an auditor was told is evidence too.
        principals: ARNs of who may take the role.
        data_access: The policy to ask Lake Formation for data.
        bytes_scanned_cutoff: Bytes after which a question is stopped.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: AuditNames,
        key: kms.IKey,
        tables: AuditTables,
        location: EvidenceLocation,
        results: s3.IBucket,
        principals: Sequence[str],
        data_access: iam.IManagedPolicy,
        bytes_scanned_cutoff: int,
    ) -> None:
        super().__init__(scope, construct_id)
        policy = iam.ManagedPolicy(self, "Policy", statements=_statements(names, key, sorted(tables.tables)))
        self.role = iam.Role(
            self,
            "Role",
            role_name=names.role("auditor"),
            description="Asks who did, read and changed what; changes nothing",
            assumed_by=iam.CompositePrincipal(*(iam.ArnPrincipal(arn) for arn in principals)),
            managed_policies=[policy, data_access],
        )
        answers = results.arn_for_objects(f"{RESULTS}*")
        _reach(results, self.role, "AnswersAreKept", _ON_ANSWERS, answers)
        _reach(
            results,
            self.role,
            "AnswersAreFound",
            ["s3:GetBucketLocation", "s3:ListBucket"],
            results.bucket_arn,
        )
        workgroup = self._workgroup(names, key, results, bytes_scanned_cutoff)
        self._grant(names, tables, location)
        self._save_questions(names, workgroup)

    def _workgroup(
        self, names: AuditNames, key: kms.IKey, results: s3.IBucket, cutoff: int
    ) -> athena.CfnWorkGroup:
        encryption = athena.CfnWorkGroup.EncryptionConfigurationProperty(
            encryption_option="SSE_KMS", kms_key=key.key_arn
        )
        return athena.CfnWorkGroup(
            self,
            "Workgroup",
            name=names.workgroup,
            description="Questions of auditors",
            recursive_delete_option=True,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                requester_pays_enabled=False,
                bytes_scanned_cutoff_per_query=cutoff,
                engine_version=athena.CfnWorkGroup.EngineVersionProperty(
                    selected_engine_version="Athena engine version 3"
                ),
                result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                    output_location=f"s3://{results.bucket_name}/{RESULTS}",
                    encryption_configuration=encryption,
                    expected_bucket_owner=names.account,
                ),
            ),
        )

    def _grant(self, names: AuditNames, tables: AuditTables, location: EvidenceLocation) -> None:
        principal = LakePrincipal(data_lake_principal_identifier=self.role.role_arn)
        database = lakeformation.CfnPrincipalPermissions(
            self,
            "DatabaseGrant",
            principal=principal,
            resource=LakeResource(
                database=lakeformation.CfnPrincipalPermissions.DatabaseResourceProperty(
                    catalog_id=names.account, name=names.database
                )
            ),
            permissions=["DESCRIBE"],
            permissions_with_grant_option=[],
        )
        previous = database
        previous.node.add_dependency(tables, location)
        for table in sorted(tables.tables):
            grant = lakeformation.CfnPrincipalPermissions(
                self,
                f"{''.join(word.title() for word in table.split('_'))}Grant",
                principal=principal,
                resource=LakeResource(
                    table=lakeformation.CfnPrincipalPermissions.TableResourceProperty(
                        catalog_id=names.account, database_name=names.database, name=table
                    )
                ),
                permissions=["DESCRIBE", "SELECT"],
                permissions_with_grant_option=[],
            )
            # One after the other: Lake Formation refuses concurrent changes of one principal's permissions.
            grant.node.add_dependency(previous)
            previous = grant

    def _save_questions(self, names: AuditNames, workgroup: athena.CfnWorkGroup) -> None:
        for question in questions(names):
            asked = f" Asks for: {', '.join(question.parameters)}." if question.parameters else ""
            query = athena.CfnNamedQuery(
                self,
                "".join(word.title() for word in question.name.split("-")),
                name=f"{names.prefix}-audit: {question.name}",
                description=f"{question.title}.{asked}",
                database=names.database,
                query_string=question.sql,
                work_group=names.workgroup,
            )
            query.add_resource_dependency(workgroup)


def _reach(bucket: s3.IBucket, role: iam.Role, sid: str, actions: Sequence[str], resource: str) -> None:
    """Rights on objects stand in the bucket's own policy, which names the role."""
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            sid=sid,
            principals=[iam.ArnPrincipal(role.role_arn)],
            actions=list(actions),
            resources=[resource],
        )
    )


def _statements(names: AuditNames, key: kms.IKey, tables: Sequence[str]) -> list[iam.PolicyStatement]:
    glue = f"arn:aws:glue:{names.region}:{names.account}"
    athena_arn = f"arn:aws:athena:{names.region}:{names.account}"
    return [
        iam.PolicyStatement(
            actions=[
                "athena:BatchGetNamedQuery",
                "athena:GetNamedQuery",
                "athena:GetQueryExecution",
                "athena:GetQueryResults",
                "athena:GetWorkGroup",
                "athena:ListNamedQueries",
                "athena:ListQueryExecutions",
                "athena:StartQueryExecution",
                "athena:StopQueryExecution",
            ],
            resources=[f"{athena_arn}:workgroup/{names.workgroup}"],
        ),
        iam.PolicyStatement(
            actions=["glue:GetDatabase", "glue:GetPartitions", "glue:GetTable", "glue:GetTables"],
            resources=[
                f"{glue}:catalog",
                f"{glue}:database/{names.database}",
                *(names.table_arn(table) for table in tables),
            ],
        ),
        iam.PolicyStatement(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[key.key_arn]),
    ]

"""Crawlers that look at what really arrived in raw, so that a run can compare it with the contract."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from data_platform.log_group import encrypted_log_group

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aws_cdk as cdk
    from aws_cdk import aws_kms as kms

    from data_platform.contracts.model import Dataset
    from data_platform.contracts.naming import Naming

_TABLE_ACTIONS = (
    "glue:BatchCreatePartition",
    "glue:BatchDeletePartition",
    "glue:BatchGetPartition",
    "glue:BatchUpdatePartition",
    "glue:CreatePartition",
    "glue:CreateTable",
    "glue:DeletePartition",
    "glue:GetDatabase",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:GetTable",
    "glue:GetTables",
    "glue:UpdatePartition",
    "glue:UpdateTable",
)
# Partitions keep the columns that were found in them: one wrong file must not hide behind the table's columns.
_CONFIGURATION = {
    "Version": 1.0,
    "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas", "TableLevelConfiguration": 2},
    "CreatePartitionIndex": True,
}


class RawCrawlers(Construct):
    """One crawler a dataset, all with one role, writing to the `discovered` database.

    They read raw through Lake Formation, so that the role has no rights on files.

    Args:
        scope: The construct that owns the crawlers.
        construct_id: Name within its scope.
        datasets: The contracts.
        naming: Physical names.
        data_access: The policy to ask Lake Formation for data.
        log_key: Encrypts what crawlers log; CloudWatch Logs may use it.
        log_retention_days: Days for which that is kept.
        removal_policy: Whether the logs outlive their stack.

    Attributes:
        role: The role of all crawlers.
    """

    role: iam.IRole

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        datasets: Sequence[Dataset],
        naming: Naming,
        data_access: iam.IManagedPolicy,
        log_key: kms.IKey,
        log_retention_days: int,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        security = self._security(naming, log_key)
        group = encrypted_log_group(
            self,
            "Log",
            # Glue names the group after role and security configuration, so it can be made here, with a key.
            name=f"/aws-glue/crawlers-role/{naming.role('crawler')}-{security.name}",
            key=log_key,
            retention_days=log_retention_days,
            removal_policy=removal_policy,
        )
        self.role = iam.Role(
            self,
            "Role",
            role_name=naming.role("crawler"),
            description=f"Looks at raw files of {naming.domain}",
            assumed_by=iam.ServicePrincipal(
                "glue.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": naming.account}},
            ),
            managed_policies=[data_access],
        )
        iam.ManagedPolicy(self, "Policy", roles=[self.role], statements=_statements(naming, datasets, group))
        for dataset in datasets:
            self._crawler(dataset, naming, security)

    def _security(self, naming: Naming, log_key: kms.IKey) -> glue.CfnSecurityConfiguration:
        encryption = glue.CfnSecurityConfiguration.EncryptionConfigurationProperty(
            cloud_watch_encryption=glue.CfnSecurityConfiguration.CloudWatchEncryptionProperty(
                cloud_watch_encryption_mode="SSE-KMS", kms_key_arn=log_key.key_arn
            )
        )
        return glue.CfnSecurityConfiguration(
            self, "Security", name=naming.role("crawler"), encryption_configuration=encryption
        )

    def _crawler(self, dataset: Dataset, naming: Naming, security: glue.CfnSecurityConfiguration) -> None:
        crawler = glue.CfnCrawler(
            self,
            "".join(word.title() for word in dataset.name.split("_")),
            name=naming.crawler(dataset.name),
            description=f"What really arrived for {dataset.domain}.{dataset.name}",
            role=self.role.role_arn,
            database_name=naming.database("discovered"),
            targets=glue.CfnCrawler.TargetsProperty(
                s3_targets=[glue.CfnCrawler.S3TargetProperty(path=naming.table_location("raw", dataset.name))]
            ),
            schema_change_policy=glue.CfnCrawler.SchemaChangePolicyProperty(
                update_behavior="UPDATE_IN_DATABASE", delete_behavior="LOG"
            ),
            recrawl_policy=glue.CfnCrawler.RecrawlPolicyProperty(recrawl_behavior="CRAWL_EVERYTHING"),
            configuration=json.dumps(_CONFIGURATION, sort_keys=True),
            crawler_security_configuration=security.name,
            lake_formation_configuration=glue.CfnCrawler.LakeFormationConfigurationProperty(
                use_lake_formation_credentials=True
            ),
        )
        crawler.add_resource_dependency(security)


def _statements(
    naming: Naming, datasets: Sequence[Dataset], group: logs.CfnLogGroup
) -> list[iam.PolicyStatement]:
    glue_arn = f"arn:aws:glue:{naming.region}:{naming.account}"
    database = naming.database("discovered")
    tables = [f"{glue_arn}:table/{database}/{dataset.name}" for dataset in datasets]
    bucket = f"arn:aws:s3:::{naming.bucket('raw')}"
    return [
        iam.PolicyStatement(
            actions=list(_TABLE_ACTIONS),
            resources=[f"{glue_arn}:catalog", f"{glue_arn}:database/{database}", *tables],
        ),
        iam.PolicyStatement(actions=["s3:GetBucketLocation"], resources=[bucket]),
        iam.PolicyStatement(
            actions=["logs:AssociateKmsKey", "logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[group.attr_arn],
        ),
    ]

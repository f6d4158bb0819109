"""The Athena workgroup of a domain: results encrypted, their place enforced, bytes scanned limited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_athena as athena
from constructs import Construct

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms

    from data_platform.contracts.naming import Naming

RESULTS_PREFIX = "athena-results/"


class Workgroup(Construct):
    """Where a domain's queries run.

    Args:
        scope: The construct that owns the workgroup.
        construct_id: Name within its scope.
        naming: Physical names; results go to the sandbox zone, which expires them.
        key: Encrypts the results.
        bytes_scanned_cutoff: Bytes after which Athena cancels a query.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        naming: Naming,
        key: kms.IKey,
        bytes_scanned_cutoff: int,
    ) -> None:
        super().__init__(scope, construct_id)
        results = athena.CfnWorkGroup.ResultConfigurationProperty(
            output_location=f"s3://{naming.bucket('sandbox')}/{RESULTS_PREFIX}",
            encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                encryption_option="SSE_KMS", kms_key=key.key_arn
            ),
            expected_bucket_owner=naming.account,
        )
        self.resource = athena.CfnWorkGroup(
            self,
            "Resource",
            name=naming.workgroup,
            description=f"Queries on {naming.domain}",
            recursive_delete_option=True,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                requester_pays_enabled=False,
                bytes_scanned_cutoff_per_query=bytes_scanned_cutoff,
                engine_version=athena.CfnWorkGroup.EngineVersionProperty(
                    selected_engine_version="Athena engine version 3"
                ),
                result_configuration=results,
            ),
        )

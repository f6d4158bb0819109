"""The Athena workgroup of a duty: results encrypted, their place its own, bytes scanned limited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_athena as athena
from constructs import Construct

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms

    from data_platform.contracts.naming import Naming


class Workgroup(Construct):
    """Where a duty's queries run. What Lake Formation hid from others stands in their results: nobody else reads them.

    Args:
        scope: The construct that owns the workgroup.
        construct_id: Name within its scope.
        naming: Physical names; results go to the sandbox zone, which expires them.
        duty: Who asks here.
        key: Encrypts the results.
        bytes_scanned_cutoff: Bytes after which Athena cancels a query.
        place_of_each: Whether each person has an own place below the duty's, which the query names: people of
            one duty may see different things. The role's policy refuses every other place.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        naming: Naming,
        duty: str,
        key: kms.IKey,
        bytes_scanned_cutoff: int,
        place_of_each: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = naming.workgroup_of(duty)
        results = athena.CfnWorkGroup.ResultConfigurationProperty(
            output_location=naming.results(duty),
            encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                encryption_option="SSE_KMS", kms_key=key.key_arn
            ),
            expected_bucket_owner=naming.account,
        )
        self.resource = athena.CfnWorkGroup(
            self,
            "Resource",
            name=self.name,
            description=f"Queries of the duty {duty} on {naming.domain}",
            recursive_delete_option=True,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=not place_of_each,
                publish_cloud_watch_metrics_enabled=True,
                requester_pays_enabled=False,
                bytes_scanned_cutoff_per_query=bytes_scanned_cutoff,
                engine_version=athena.CfnWorkGroup.EngineVersionProperty(
                    selected_engine_version="Athena engine version 3"
                ),
                result_configuration=results,
            ),
        )

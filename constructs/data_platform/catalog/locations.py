"""Zone buckets registered with Lake Formation, which then reads and writes them for whom it grants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_lakeformation as lakeformation
from constructs import Construct

if TYPE_CHECKING:
    from data_platform.contracts.naming import Naming

ZONES = ("raw", "staged", "curated")


class RegisteredLocations(Construct):
    """The zones that Lake Formation governs.

    Args:
        scope: The construct that owns the locations.
        construct_id: Name within its scope.
        naming: Physical names; Lake Formation reaches the zones with the role `lake`, which stands with them.
    """

    def __init__(self, scope: Construct, construct_id: str, *, naming: Naming) -> None:
        super().__init__(scope, construct_id)
        for zone in ZONES:
            lakeformation.CfnResource(
                self,
                zone.title(),
                resource_arn=f"arn:aws:s3:::{naming.bucket(zone)}",
                role_arn=naming.role_arn("lake"),
                use_service_linked_role=False,
                hybrid_access_enabled=False,
            )

"""The rights of a run's duties as customer-managed policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from constructs import Construct

from data_platform.acknowledgement import acknowledge
from data_platform.processing import rights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from data_platform.contracts.naming import Naming
    from data_platform.processing.rights import Places
    from data_platform.processing.roles import RunRoles


class RunPolicies(Construct):
    """One policy a duty, attached to its role.

    Args:
        scope: The construct that owns the policies.
        construct_id: Name within its scope.
        naming: Physical names.
        roles: The roles.
        places: ARNs that the rights name.
        log_groups: ARN of each duty's own log group: drift, verdict, dbt-execution.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        naming: Naming,
        roles: RunRoles,
        places: Places,
        log_groups: Mapping[str, str],
    ) -> None:
        super().__init__(scope, construct_id)
        logs = {duty: rights.log_rights(arn) for duty, arn in log_groups.items()}
        shared = rights.function_rights(places)
        self._policy("Pipeline", roles.pipeline, rights.pipeline_rights(naming, places))
        self._policy("Drift", roles.drift, [*shared, *logs["drift"], *rights.drift_rights(naming, places)])
        self._policy("Verdict", roles.verdict, [*shared, *logs["verdict"]])
        self._policy("Dbt", roles.dbt, rights.dbt_rights(naming))
        self._policy("Image", roles.dbt_execution, [*rights.image_rights(places), *logs["dbt-execution"]])
        if roles.extractor_execution is not None:
            self._policy("ExtractorImage", roles.extractor_execution, rights.extractor_image_rights(places))
        self._policy("Scheduler", roles.scheduler, rights.schedule_rights(naming, places))
        if places.extractors:
            acknowledge(
                self,
                f"AwsSolutions::AwsSolutions-IAM5[Resource::{rights.manifests(naming)}]",
                reason="Manifests get their names when extractions start; they tell counts and checksums of what was "
                "committed and hold no row of it. The folder is theirs alone.",
            )

    def _policy(self, name: str, role: iam.Role, statements: Sequence[iam.PolicyStatement]) -> None:
        iam.ManagedPolicy(self, name, roles=[role], statements=list(statements))

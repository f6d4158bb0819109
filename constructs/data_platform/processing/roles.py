"""Who acts in a run: one role a duty, each trusted by one service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from constructs import Construct

from data_platform.contracts.naming import RUN
from data_platform.duty import OWN_RUNS, shared_policy, tag_duty

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from data_platform.contracts.naming import Naming


class RunRoles(Construct):
    """The roles of a domain's runs. What they may do stands in `RunPolicies`.

    Args:
        scope: The construct that owns the roles.
        construct_id: Name within its scope.
        naming: Physical names.
        policies: Shared policies by duty, such as the one to ask Athena.
        extracts: Whether rows are read from databases.

    Attributes:
        pipeline: Of the state machine.
        drift: Of the schema-drift function.
        verdict: Of the quality-verdict function.
        dbt: Of the code in the dbt task.
        dbt_execution: Of the agent that starts the dbt task.
        scheduler: Of the schedules.
        extractor_execution: Of the agent that starts extractors; None where nothing is extracted.

    Example:
        >>> import aws_cdk as cdk
        >>> from data_platform.contracts.naming import Naming
        >>> names = Naming(organisation="dp", environment="dev", domain="aviation", account="111111111111")
        >>> stack = cdk.Stack()
        >>> access = iam.ManagedPolicy.from_managed_policy_name(stack, "Access", "dp-dev-aviation-athena")
        >>> RunRoles(stack, "Roles", naming=names, policies={"pipeline": [access]}).pipeline.node.path
        'Default/Roles/Pipeline'
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        naming: Naming,
        policies: Mapping[str, Sequence[iam.IManagedPolicy]],
        extracts: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        own = {"StringEquals": {"aws:SourceAccount": naming.account}}
        machine = {**own, "ArnEquals": {"aws:SourceArn": naming.state_machine_arn}}
        self._naming, self._policies = naming, policies
        self.pipeline = self._role("pipeline", "states", "Runs days of datasets", machine)
        # Lambda passes no source account when it assumes a role.
        self.drift = self._role("drift", "lambda", "Compares deliveries with contracts", None)
        self.verdict = self._role("verdict", "lambda", "Judges what the quality gate measured", None)
        self.dbt = self._role("dbt", "ecs-tasks", "Builds and tests models", own)
        self.dbt_execution = self._role("dbt-execution", "ecs-tasks", "Starts the dbt task", own)
        for asking in (self.pipeline, self.dbt):
            tag_duty(asking, RUN, naming)
        self.pipeline.add_managed_policy(shared_policy(self, "OwnRuns", OWN_RUNS, naming))
        self.extractor_execution = (
            self._role("extractor-execution", "ecs-tasks", "Starts extractors", own) if extracts else None
        )
        self.scheduler = self._role("scheduler", "scheduler", "Starts the domain's day", own)

    def _role(self, duty: str, service: str, what: str, conditions: Mapping[str, object] | None) -> iam.Role:
        return iam.Role(
            self,
            duty.title().replace("-", ""),
            role_name=self._naming.role(duty),
            description=f"{what} of {self._naming.domain}",
            assumed_by=iam.ServicePrincipal(f"{service}.amazonaws.com", conditions=conditions),
            managed_policies=list(self._policies.get(duty, ())),
        )

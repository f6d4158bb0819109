"""What the domains of an environment share and come after: Lake Formation tags, policies about tables and runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.catalog import LakeTags, OwnTables
from data_platform.contracts.naming import Naming
from data_platform.duty import OWN_DOMAIN
from data_platform.processing import OwnRuns
from stacks.platform_stack import PlatformStack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from environments.model import Environment


class LakeTagsStack(PlatformStack):
    """The tag keys and the policies about tables and runs that all domains of the environment share.

    Args:
        scope: The stage of the environment.
        construct_id: Name of the stack within its stage.
        environment: Where it is deployed.
        domains: Names of the environment's domains.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, domains: Sequence[str]
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            part="lake-tags",
            description="Lake Formation tags (classification, domain, pii, rows, zone), policies about tables and runs",
            environment=environment,
        )
        LakeTags(self, "Tags", prefix=f"{environment.organisation}-{environment.name}", domains=domains)
        own = Naming(
            organisation=environment.organisation,
            environment=environment.name,
            domain=OWN_DOMAIN,
            account=environment.account,
            region=environment.region,
        )
        OwnTables(self, "OwnTables", naming=own)
        OwnRuns(self, "OwnRuns", naming=own)

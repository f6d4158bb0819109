"""The Lake Formation tags of an environment, before every catalogue that uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.catalog import LakeTags
from stacks.platform_stack import PlatformStack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from environments.model import Environment


class LakeTagsStack(PlatformStack):
    """The tag keys that all domains of the environment share.

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
            description="Lake Formation tags: classification, domain, pii, rows, zone",
            environment=environment,
        )
        LakeTags(self, "Tags", prefix=f"{environment.organisation}-{environment.name}", domains=domains)

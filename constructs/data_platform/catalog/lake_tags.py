"""The Lake Formation tags that an environment's databases, tables and columns carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_lakeformation as lakeformation
from constructs import Construct

from data_platform.contracts.lake_tags import tag_values

if TYPE_CHECKING:
    from collections.abc import Sequence


class LakeTags(Construct):
    """The tag keys of an environment with their values; the environment is part of each key.

    Args:
        scope: The construct that owns the tags, in a stack that comes before every catalogue.
        construct_id: Name within its scope.
        prefix: Starts the keys: organisation and environment, as `Naming.lf_tag` has it.
        domains: Names of the environment's domains.

    Example:
        >>> stack = cdk.Stack()
        >>> tags = LakeTags(stack, "Tags", prefix="dp-dev", domains=["aviation"])
        >>> [child.node.id for child in tags.node.children]
        ['Classification', 'Domain', 'Pii', 'Rows', 'Zone']
    """

    def __init__(self, scope: Construct, construct_id: str, *, prefix: str, domains: Sequence[str]) -> None:
        super().__init__(scope, construct_id)
        for key, values in tag_values(domains).items():
            lakeformation.CfnTag(
                self,
                key.title(),
                catalog_id=cdk.Stack.of(self).account,
                tag_key=f"{prefix}-{key}",
                tag_values=list(values),
            )

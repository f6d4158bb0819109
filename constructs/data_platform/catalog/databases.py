"""The Glue databases of a domain: one a zone that has tables, and one for what crawlers discover."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from aws_cdk import aws_glue as glue
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from data_platform.contracts.naming import Naming

_PURPOSES = {
    "raw": "what sources delivered, as they delivered it",
    "discovered": "what crawlers found in raw, to be compared with the contracts",
    "staged": "typed rows that passed the gate, and the rows that did not",
    "curated": "what consumers read",
}


class Databases(Construct):
    """The databases of a domain. Nobody gets rights on new tables by default: Lake Formation grants them.

    Args:
        scope: The construct that owns the databases.
        construct_id: Name within its scope.
        naming: Physical names.

    Attributes:
        by_zone: Database by zone: raw, discovered, staged, curated.

    Example:
        >>> import aws_cdk as cdk
        >>> from data_platform.contracts.naming import Naming
        >>> names = Naming(organisation="dp", environment="dev", domain="aviation", account="111111111111")
        >>> sorted(Databases(cdk.Stack(), "Databases", naming=names).by_zone)
        ['curated', 'discovered', 'raw', 'staged']
    """

    by_zone: Mapping[str, glue.CfnDatabase]

    def __init__(self, scope: Construct, construct_id: str, *, naming: Naming) -> None:
        super().__init__(scope, construct_id)
        self.by_zone = MappingProxyType(
            {
                zone: glue.CfnDatabase(
                    self,
                    zone.title(),
                    catalog_id=naming.account,
                    database_input=glue.CfnDatabase.DatabaseInputProperty(
                        name=naming.database(zone),
                        description=f"{naming.domain}: {purpose}",
                        create_table_default_permissions=[],
                    ),
                )
                for zone, purpose in _PURPOSES.items()
            }
        )

"""The entries of tables in the catalogue: whose they are to see, to commit and to make, for all domains at once.

Lake Formation grants decide what each role sees and changes; these policies only let it get as far as being asked. They
name the domain by the tag of the role (`data_platform.duty`), so that a new domain is no new policy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from constructs import Construct

from data_platform.acknowledgement import acknowledge, as_reported
from data_platform.contracts.naming import RESULTS_PREFIX
from data_platform.duty import OWN_COMMITS, OWN_DOMAIN, OWN_DUTY, OWN_MODELS, OWN_TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_platform.contracts.naming import Naming

ZONES = ("raw", "staged", "curated")
_SEEING = (
    "glue:BatchGetPartition",
    "glue:GetDatabase",
    "glue:GetDatabases",
    "glue:GetPartition",
    "glue:GetPartitions",
    "glue:GetTable",
    "glue:GetTables",
)
_MODELLING = (
    "glue:BatchDeleteTable",
    "glue:CreateTable",
    "glue:DeleteTable",
    "glue:GetTableVersions",
    "glue:UpdateTable",
)
_RESULTS = ("s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject")


class OwnTables(Construct):
    """Policies of an environment about tables and results, each bound to the domain that its holder's tag names.

    `own-tables` goes to whoever asks Athena, `own-commits` to whoever changes tables (Athena commits an Iceberg table
    by updating its entry in the catalogue, in the caller's name), `own-models` to whoever makes and drops tables of
    curated.
    A role without the tag reaches nothing with any of them.

    Args:
        scope: The construct that owns the policies, in a stack that comes before every catalogue.
        construct_id: Name within its scope.
        naming: Names whose domain is `OWN_DOMAIN`.

    Example:
        >>> import aws_cdk as cdk
        >>> from data_platform.contracts.naming import Naming
        >>> names = Naming(organisation="dp", environment="dev", domain=OWN_DOMAIN, account="111111111111")
        >>> own = OwnTables(cdk.Stack(), "OwnTables", naming=names)
        >>> [child.node.id for child in own.node.children]
        ['Tables', 'Commits', 'Models']
    """

    def __init__(self, scope: Construct, construct_id: str, *, naming: Naming) -> None:
        super().__init__(scope, construct_id)
        results = f"arn:aws:s3:::{naming.bucket('sandbox')}/{RESULTS_PREFIX}{OWN_DUTY}/*"
        self._own = naming
        self._policy(
            "Tables",
            OWN_TABLES,
            "See the entries of the own domain's tables, and keep the own results",
            [
                self._on_tables(ZONES, _SEEING),
                iam.PolicyStatement(actions=list(_RESULTS), resources=[results]),
            ],
        )
        self._policy(
            "Commits",
            OWN_COMMITS,
            "Commit changes of the own domain's tables: Lake Formation says of which",
            [self._on_tables(("staged", "curated"), ("glue:UpdateTable",))],
        )
        self._policy(
            "Models",
            OWN_MODELS,
            "Make, change and drop tables of the own domain's curated: Lake Formation says which",
            [self._on_tables(("curated",), _MODELLING)],
        )
        acknowledge(
            self,
            *(
                f"AwsSolutions::AwsSolutions-IAM5[Resource::{as_reported(arn)}]"
                for arn in (*(self._tables(zone) for zone in ZONES), results)
            ),
            reason="Table names are the catalogue's to keep (dbt makes some), and Lake Formation grants decide which "
            "of them each role sees and changes; query results have no names before the query, their prefix is exact",
        )

    def _policy(
        self, construct_id: str, name: str, description: str, statements: Sequence[iam.PolicyStatement]
    ) -> None:
        iam.ManagedPolicy(
            self,
            construct_id,
            managed_policy_name=f"{self._own.platform_prefix}-{name}",
            description=description,
            statements=list(statements),
        )

    def _glue(self, resource: str) -> str:
        return f"arn:aws:glue:{self._own.region}:{self._own.account}:{resource}"

    def _database(self, zone: str) -> str:
        # Not `Naming.database`, which would write underscores into the tag's name, too: a domain has no hyphen.
        return f"{self._own.platform_prefix.replace('-', '_')}_{OWN_DOMAIN}_{zone}"

    def _tables(self, zone: str) -> str:
        return self._glue(f"table/{self._database(zone)}/*")

    def _on_tables(self, zones: Sequence[str], actions: Sequence[str]) -> iam.PolicyStatement:
        """Actions on the tables of zones, with what Glue checks beside a table: its database and the catalogue."""
        return iam.PolicyStatement(
            actions=list(actions),
            resources=[
                self._glue("catalog"),
                *(self._glue(f"database/{self._database(zone)}") for zone in zones),
                *(self._tables(zone) for zone in zones),
            ],
        )

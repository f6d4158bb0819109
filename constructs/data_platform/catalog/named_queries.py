"""Questions that people ask of every dataset, saved in the workgroups of those who may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_athena as athena
from constructs import Construct

from data_platform.contracts.sensitivity import OFFENDING_VALUE, column_sensitivities
from data_platform.contracts.table_kinds import kinds_of, table_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from data_platform.catalog.workgroup import Workgroup
    from data_platform.contracts.model import Dataset, Grant
    from data_platform.contracts.naming import Naming


class DatasetQueries(Construct):
    """Saved queries of one dataset, for each role that may ask them: its newest rows, and what was quarantined why.

    Args:
        scope: The construct that owns the queries.
        construct_id: Name within its scope.
        dataset: The contract.
        naming: Physical names.
        workgroups: Where they are saved, by role.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dataset: Dataset,
        naming: Naming,
        workgroups: Mapping[str, Workgroup],
    ) -> None:
        super().__init__(scope, construct_id)
        for grant in dataset.grants:
            workgroup = workgroups[grant.role]
            for name, title, sql in _questions(dataset, grant, naming):
                query = athena.CfnNamedQuery(
                    self,
                    f"{name}{grant.role.title()}",
                    name=f"{naming.prefix}-{dataset.name}: {title}",
                    description=f"{title} of {dataset.domain}.{dataset.name}",
                    database=naming.database("curated"),
                    query_string=sql,
                    work_group=workgroup.name,
                )
                query.add_resource_dependency(workgroup.resource)


def _questions(dataset: Dataset, grant: Grant, naming: Naming) -> Iterator[tuple[str, str, str]]:
    """Construct id, title and SQL of what a role may ask: none names a column that is hidden from it."""
    if "curated" in grant.zones:
        curated = f'"{naming.database("curated")}"."{dataset.name}"'
        yield (
            "NewestRows",
            "newest rows",
            (
                f"SELECT *\nFROM {curated}\n"
                f'WHERE "_ingest_date" = (SELECT max("_ingest_date") FROM {curated})\nLIMIT 100'
            ),
        )
    if (
        "staged" in grant.zones and not grant.row_filter and "quarantine" in kinds_of(dataset)
    ):  # no filter could be trusted on rejected rows
        quarantine = f'"{naming.database("staged")}"."{table_name(dataset.name, "quarantine")}"'
        values = column_sensitivities(dataset, "quarantine")[OFFENDING_VALUE].classification
        example = ', min("_value") AS example' if values in grant.classifications else ""
        yield (
            "QuarantineByRule",
            "quarantined rows by day and rule",
            (
                f'SELECT "_ingest_date", "_rule", "_column", count(*) AS rows{example}\n'
                f"FROM {quarantine}\nGROUP BY 1, 2, 3\nORDER BY 1 DESC, 4 DESC"
            ),
        )

"""Questions that people ask of every dataset, saved in the domain's workgroup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_athena as athena
from constructs import Construct

from data_platform.contracts.sensitivity import OFFENDING_VALUE, column_sensitivities
from data_platform.contracts.table_kinds import table_name

if TYPE_CHECKING:
    from data_platform.catalog.workgroup import Workgroup
    from data_platform.contracts.model import Dataset
    from data_platform.contracts.naming import Naming


class DatasetQueries(Construct):
    """Saved queries of one dataset: its newest rows, and what was quarantined why.

    Args:
        scope: The construct that owns the queries.
        construct_id: Name within its scope.
        dataset: The contract.
        naming: Physical names.
        workgroup: Where they are saved.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        dataset: Dataset,
        naming: Naming,
        workgroup: Workgroup,
    ) -> None:
        super().__init__(scope, construct_id)
        for name, title, sql in _questions(dataset, naming):
            query = athena.CfnNamedQuery(
                self,
                name,
                name=f"{naming.prefix}-{dataset.name}: {title}",
                description=f"{title} of {dataset.domain}.{dataset.name}",
                database=naming.database("curated"),
                query_string=sql,
                work_group=naming.workgroup,
            )
            query.add_resource_dependency(workgroup.resource)


def _questions(dataset: Dataset, naming: Naming) -> list[tuple[str, str, str]]:
    """Construct id, title and SQL. Whoever reads the dataset can ask them: none names a column that is hidden."""
    curated = f'"{naming.database("curated")}"."{dataset.name}"'
    quarantine = f'"{naming.database("staged")}"."{table_name(dataset.name, "quarantine")}"'
    example = ', min("_value") AS example' if _all_see_values(dataset) else ""
    return [
        (
            "NewestRows",
            "newest rows",
            (
                f"SELECT *\nFROM {curated}\n"
                f'WHERE "_ingest_date" = (SELECT max("_ingest_date") FROM {curated})\nLIMIT 100'
            ),
        ),
        (
            "QuarantineByRule",
            "quarantined rows by day and rule",
            (
                f'SELECT "_ingest_date", "_rule", "_column", count(*) AS rows{example}\n'
                f"FROM {quarantine}\nGROUP BY 1, 2, 3\nORDER BY 1 DESC, 4 DESC"
            ),
        ),
    ]


def _all_see_values(dataset: Dataset) -> bool:
    """Whether every role that reads the quarantine sees the values in it."""
    values = column_sensitivities(dataset, "quarantine")[OFFENDING_VALUE].classification
    return all(values in grant.classifications for grant in dataset.grants if "staged" in grant.zones)

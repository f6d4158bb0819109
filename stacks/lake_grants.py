"""What the roles of a run may read and change: Lake Formation grants, table by table where others write too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.catalog import READ, WRITE, LakeGrants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from data_platform.contracts.naming import Naming
    from data_platform.processing import RunRoles


def grant_lake(scope: Construct, roles: RunRoles, naming: Naming, datasets: Sequence[str]) -> None:
    """Grant a run's roles what they need of a domain's tables.

    Args:
        scope: The stack of the roles; the tables are in a stack that comes before it.
        roles: Who receives the grants.
        naming: Physical names.
        datasets: The contracts' datasets.
    """
    pipeline = LakeGrants(scope, "PipelineGrants", role=roles.pipeline, naming=naming)
    for zone in ("raw", "staged", "curated"):
        pipeline.database(zone, "DESCRIBE")
    pipeline.all_tables("raw", *READ)
    pipeline.all_tables("staged", *WRITE)
    for name in datasets:  # in curated dbt has tables of its own, which are none of the pipeline's business
        pipeline.table("curated", name, *WRITE)
    drift = LakeGrants(scope, "DriftGrants", role=roles.drift, naming=naming)
    drift.database("discovered", "DESCRIBE")
    drift.all_tables("discovered", *READ)
    dbt = LakeGrants(scope, "DbtGrants", role=roles.dbt, naming=naming)
    dbt.database("staged", "DESCRIBE")
    dbt.database("curated", "CREATE_TABLE", "DESCRIBE")
    dbt.location("curated")
    for name in datasets:  # neither candidates nor quarantine
        dbt.table("staged", name, *READ)

"""What the roles of a run may read and change: Lake Formation grants by tag, and by name where dbt writes too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.catalog import READ, WRITE, LakeGrants
from data_platform.contracts.lake_tags import DISCOVERED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from data_platform.contracts.naming import Naming
    from data_platform.processing import RunRoles


def grant_lake(
    scope: Construct, roles: RunRoles, naming: Naming, datasets: Sequence[str], extracted: Sequence[str]
) -> None:
    """Grant a run's roles what they need of a domain's tables: every row and column of them.

    Args:
        scope: The stack of the roles; the tables are in a stack that comes before it.
        roles: Who receives the grants.
        naming: Physical names.
        datasets: The contracts' datasets.
        extracted: Those of them whose rows are read from a database.
    """
    pipeline = LakeGrants(scope, "PipelineGrants", role=roles.pipeline, naming=naming)
    pipeline.databases(["raw", "staged", "curated"], "DESCRIBE")
    pipeline.tables(["raw"], *READ)
    for name in extracted:  # the day's partition is the pipeline's to point
        pipeline.table("raw", name, "ALTER", *READ)
    pipeline.tables(["candidate", "quarantine", "staged"], *WRITE)
    for name in datasets:  # in curated dbt has tables of its own, which are none of the pipeline's business
        pipeline.table("curated", name, *WRITE)
    drift = LakeGrants(scope, "DriftGrants", role=roles.drift, naming=naming, after=[pipeline])
    drift.databases([DISCOVERED], "DESCRIBE")
    drift.tables([DISCOVERED], *READ)
    dbt = LakeGrants(scope, "DbtGrants", role=roles.dbt, naming=naming, after=[drift])
    dbt.databases(["staged"], "DESCRIBE")
    dbt.databases(["curated"], "CREATE_TABLE", "DESCRIBE")
    dbt.location("curated")
    dbt.tables(["staged"], *READ)  # neither candidates nor quarantine

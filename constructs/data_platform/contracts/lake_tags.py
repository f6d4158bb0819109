"""The Lake Formation tags of an environment: their keys and the values that a database, table or column may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.lake_rights import ALL_ROWS, FILTERED_ROWS
from data_platform.contracts.model import CLASSIFICATIONS
from data_platform.contracts.table_kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from data_platform.contracts.sensitivity import Sensitivity

DISCOVERED = "discovered"  # the zone of what crawlers found


def tag_values(domains: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The values by key; `Naming.lf_tag` makes the key physical.

    Example:
        >>> tag_values(["retail", "aviation"])["domain"]
        ('aviation', 'retail')
    """
    return {
        "classification": CLASSIFICATIONS,
        "domain": tuple(sorted(domains)),
        "pii": ("false", "true"),
        "rows": (ALL_ROWS, FILTERED_ROWS),
        "zone": (DISCOVERED, *KINDS),
    }


def sensitivity_tags(sensitivity: Sensitivity) -> dict[str, str]:
    """The tags that say how sensitive something is.

    Example:
        >>> from data_platform.contracts.sensitivity import Sensitivity
        >>> sensitivity_tags(Sensitivity(classification="confidential", pii=True))
        {'classification': 'confidential', 'pii': 'true'}
    """
    return {"classification": sensitivity.classification, "pii": str(sensitivity.pii).lower()}

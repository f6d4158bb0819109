"""A domain with people in it: the airlines of aviation, as if their names were persons and `carrier` a state."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from data_platform.contracts.model import Dataset, Domain, Grant, Masking
from data_platform.contracts.odcs import load_domain

AVIATION = load_domain(Path(__file__).resolve().parents[3] / "domains" / "aviation")
SEES_ALL = ("public", "internal", "confidential", "restricted")
SEES_LITTLE = ("public", "internal")


def grant(
    role: str, *zones: str, sees: tuple[str, ...] = SEES_LITTLE, row_filter: str | None = None
) -> Grant:
    return Grant(
        role=role, access="read", zones=zones, approvers=("owner",), classifications=sees, row_filter=row_filter
    )  # fmt: skip


def dataset(name: str, *grants: Grant, person: bool = True) -> Dataset:
    """airlines under another name: `carrier` is internal, `name` confidential when it is a person's."""
    airlines = next(one for one in AVIATION.datasets if one.name == "airlines")
    carrier, title = airlines.columns
    hidden = {
        "classification": "confidential",
        "pii": True,
        "masking": Masking(method="redact", when="query"),
        "masked_name": "name_masked",
    }
    columns = (
        dataclasses.replace(carrier, classification="internal"),
        dataclasses.replace(title, **(hidden if person else {"classification": "internal"})),
    )
    return dataclasses.replace(airlines, name=name, columns=columns, grants=grants)


def domain(*datasets: Dataset) -> Domain:
    return Domain(name="aviation", datasets=datasets)

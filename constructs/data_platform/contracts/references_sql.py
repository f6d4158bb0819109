"""The keys that a dataset may refer to, as a SELECT.

A parent of the same domain is read from staged: it was loaded before its children, in the same run or an
earlier one, and is published later. A parent of another domain is read from curated, which is all that a
domain shows to others.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from data_platform.contracts.erasure import erased_reference, erased_sql
from data_platform.contracts.model import LoadMode
from data_platform.contracts.sql_text import listed, quoted, relation
from data_platform.contracts.tables import INGEST_DATE

if TYPE_CHECKING:
    from data_platform.contracts.model import Check, Dataset, Domain
    from data_platform.contracts.naming import Naming


def parent_keys(check: Check, dataset: Dataset, domain: Domain, naming: Naming, *, own_rows: str) -> str:
    """The distinct keys of the parent, as columns `_key0`, `_key1` and so on.

    `own_rows` is the relation with this run's rows: a dataset that refers to itself may refer to them.
    A parent with load mode snapshot is its newest snapshot, any other everything that was ever delivered.

    Raises:
        ValueError: when the check names a dataset that its domain does not have.
    """
    columns = _text_tuple(check, "columns")
    keys = ", ".join(f"{quoted(name)} AS {quoted(f'_key{at}')}" for at, name in enumerate(columns))
    parent_domain = str(check.parameters.get("domain", dataset.domain))
    parent_name = str(check.parameters["dataset"])
    if parent_domain != dataset.domain:
        other = relation(replace(naming, domain=parent_domain).database("curated"), parent_name)
        return f"SELECT DISTINCT {keys} FROM {other}"
    parent = next((item for item in domain.datasets if item.name == parent_name), None)
    if parent is None:
        known = ", ".join(item.name for item in domain.datasets)
        raise ValueError(f"check {check.id} refers to {parent_name!r}; domain {domain.name} has {known}")
    staged = relation(naming.database("staged"), parent.name)
    if parent.name == dataset.name:
        own = f"SELECT {keys} FROM {own_rows}"
        return own if _is_snapshot(parent) else f"{own} UNION SELECT {listed(columns)} FROM {staged}"
    day = quoted(INGEST_DATE)
    newest = f" WHERE {day} = (SELECT max({day}) FROM {staged})" if _is_snapshot(parent) else ""
    return f"SELECT DISTINCT {keys} FROM {staged}{newest}"


def parent_join(check: Check, parent: str) -> str:
    """The condition of the LEFT JOIN with the parent: its `_key0` is NULL where the reference fails."""
    pairs = (f"{quoted(column)} = {parent}.{quoted(f'_key{at}')}" for at, column in enumerate(check.columns))
    return " AND ".join(pairs)


def orphan(check: Check, parent: str, domain: Domain, naming: Naming) -> str:
    """The condition under which a joined row refers to nothing that exists, nor to a person who was erased."""
    conditions = [*(f"{quoted(name)} IS NOT NULL" for name in check.columns), f'{parent}."_key0" IS NULL']
    erased = erased_reference(check, domain)
    if erased is not None:
        subject, column = erased
        conditions.append(f"NOT {erased_sql(subject, quoted(column), naming)}")
    return " AND ".join(conditions)


def _is_snapshot(dataset: Dataset) -> bool:
    return dataset.load_mode is LoadMode.SNAPSHOT


def _text_tuple(check: Check, parameter: str) -> tuple[str, ...]:
    value = check.parameters[parameter]
    if isinstance(value, tuple | list) and len(value) == len(check.columns):
        return tuple(str(item) for item in value)
    raise ValueError(
        f"check {check.id}: `{parameter}` must name as many columns as the reference has: {value!r}"
    )

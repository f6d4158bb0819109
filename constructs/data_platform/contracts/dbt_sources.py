"""dbt's sources, written from the contracts when the dbt image is built: what dbt reads is what was promised.

The schema comes from the environment at run time (`DBT_<DOMAIN>_STAGED_SCHEMA`, else `DBT_STAGED_SCHEMA`), so
that one image serves every environment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from data_platform.contracts.tables import typed_columns

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from data_platform.contracts.model import Dataset, Domain

_HEADER = (
    "# Written by data_platform.contracts.dbt_sources from domains/: edit the contract, not this file.\n"
)


def write_dbt_sources(domains: Iterable[Domain], target: Path) -> tuple[Path, ...]:
    """Write one `<domain>.yml` a domain into the folder `target`, which is made when missing.

    The source is named as the domain and its tables as the datasets: dbt reads staged, with every contract
    table described and its key tested.

    Returns:
        The files written; their bytes depend on the contracts alone.
    """
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for domain in domains:
        path = target / f"{domain.name}.yml"
        text = yaml.safe_dump(_source(domain), sort_keys=False, allow_unicode=True, width=110)
        path.write_text(_HEADER + text, encoding="utf-8")
        written.append(path)
    return tuple(written)


def _source(domain: Domain) -> dict[str, Any]:
    variable = f"DBT_{domain.name.upper().replace('-', '_')}_STAGED_SCHEMA"
    schema = f"{{{{ env_var('{variable}', env_var('DBT_STAGED_SCHEMA', '{domain.name}_staged')) }}}}"
    source = {
        "name": domain.name,
        "description": f"Staged tables of the domain {domain.name}: typed, one row a key and delivery.",
        "schema": schema,
        "tables": [_table(dataset) for dataset in domain.datasets],
    }
    return {"version": 2, "sources": [source]}


def _table(dataset: Dataset) -> dict[str, Any]:
    # A stream keeps one row a key, whichever day brought it.
    key = [*(["_ingest_date"] if dataset.stream is None else []), *dataset.primary_key]
    required = [
        "_ingest_date",
        "_run_id",
        *(column.name for column in typed_columns(dataset) if column.required),
    ]
    return {
        "name": dataset.name,
        "description": f"{dataset.description} (contract {dataset.id}, version {dataset.version})",
        "config": {
            "meta": {
                "contract_id": dataset.id,
                "contract_version": dataset.version,
                "owner": dataset.owner,
                "load_mode": dataset.load_mode.value,
            }
        },
        "data_tests": [_test("unique_combination", key), _test("filled", required)],
        "columns": [
            *({"name": column.name, "description": column.description} for column in dataset.columns),
            {"name": "_ingest_date", "description": "The day that delivered the row."},
            {"name": "_run_id", "description": "The run that loaded the row."},
        ],
    }


def _test(name: str, columns: list[str]) -> dict[str, Any]:
    """A test of the days that the run loaded: earlier ones were tested when they came. One query a test."""
    return {name: {"arguments": {"columns": columns}, "config": {"where": "{{ var('loaded', 'true') }}"}}}

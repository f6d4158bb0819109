"""A contract compiled to what one run needs: names, checks and SQL, as JSON that the state machine reads.

The plan holds no value of a run: `{ingest_date}` and `{run_id}` are replaced in its SQL by the state
machine, which validates them first.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from data_platform.contracts.candidate_sql import candidate_sql
from data_platform.contracts.gate_sql import gate_checks, gate_sql
from data_platform.contracts.merge_sql import clear_candidate_sql, count_sql, quarantine_sql, staged_sql
from data_platform.contracts.publish_sql import publish_sql
from data_platform.contracts.sources import extraction
from data_platform.contracts.sql_text import INGEST_DATE_TEXT
from data_platform.contracts.tables import landed_columns

if TYPE_CHECKING:
    from data_platform.contracts.model import Dataset, Domain
    from data_platform.contracts.naming import Naming

_ZONES = ("raw", "discovered", "staged", "curated")


def compile_plan(dataset: Dataset, domain: Domain, naming: Naming) -> dict[str, Any]:
    """The plan of a dataset; `plan_hash` is the SHA-256 of what is done with raw rows: unchanged, it can be skipped.

    Raises:
        ValueError: when the contract asks for something that cannot be compiled; the message names the check,
            column or type. The loader's semantic checks refuse such a contract with file and line before.
    """
    plan: dict[str, Any] = {
        "domain": dataset.domain,
        "dataset": dataset.name,
        "version": dataset.version,
        "contract_id": dataset.id,
        "source": dataset.source.name,
        "load_mode": dataset.load_mode.value,
        "delivery": dataset.source.delivery.value,
        "method": dataset.source.method,
        "raw_prefix": f"{dataset.name}/source={dataset.source.name}/ingest_date={INGEST_DATE_TEXT}/",
        "raw_bucket": naming.bucket("raw"),
        "crawler": naming.crawler(dataset.name),
        "workgroup": naming.workgroup,
        "database": {zone: naming.database(zone) for zone in _ZONES},
        "raw_columns": [asdict(column) for column in landed_columns(dataset)],
        "checks": [asdict(check) for check in gate_checks(dataset)],
        "sql": _sql(dataset, domain, naming),
        "dbt_select": f"source:{dataset.domain}.{dataset.name}+",
    }
    hashed = {"plan_hash": hashlib.sha256(_compact(plan).encode()).hexdigest()}
    # How rows are read changes nothing of what is made of them: it stands beside what is hashed.
    return plan | hashed | ({"extract": extraction(dataset, naming)} if dataset.extracted else {})


def plan_json(dataset: Dataset, domain: Domain, naming: Naming) -> str:
    """The plan as text: compact, keys sorted, the same bytes for the same contract."""
    return _compact(compile_plan(dataset, domain, naming))


def _sql(dataset: Dataset, domain: Domain, naming: Naming) -> dict[str, str]:
    return {
        "clear_candidate": clear_candidate_sql(dataset, naming),
        "candidate": candidate_sql(dataset, domain, naming),
        "gate": gate_sql(dataset, domain, naming),
        "quarantine": quarantine_sql(dataset, naming),
        "staged": staged_sql(dataset, naming),
        "publish": publish_sql(dataset, naming),
        "count": count_sql(dataset, naming),
    }


def _compact(plan: dict[str, Any]) -> str:
    return json.dumps(plan, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

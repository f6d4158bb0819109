"""A state machine without AWS, and JSONata as Step Functions evaluates it."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonata
import pytest

from data_platform.processing.definition import definition
from data_platform.processing.parts import MachineParts

sys.path.insert(0, str(Path(__file__).parent))  # tests here import shop_source

from shop_source import COPIED, SHOP

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def parts() -> MachineParts:
    return MachineParts(
        organisation="dp",
        environment="test",
        domain="aviation",
        workgroup="dp-test-aviation",
        ledger="dp-test-aviation-run-ledger",
        plan_bucket="assets",
        plans={"airlines": "a1.json", "flights": "f1.json"},
        waves=(("airlines",), ("flights",)),
        ancestors={"airlines": (), "flights": ("airlines",)},
        drift_function="arn:drift",
        verdict_function="arn:verdict",
        cluster_arn="arn:cluster",
        task_definition_arn="arn:task:1",
        container="dbt",
        dbt_log_group="/dp-test-aviation/dbt",
        dbt_environment=(("DBT_TARGET", "athena"),),
        subnet_ids=("subnet-1",),
        security_group_ids=("sg-1",),
        max_concurrency=2,
        query_seconds=600,
        function_seconds=60,
        run_seconds=3600,
    )


@pytest.fixture(params=[(), (SHOP,), (COPIED,), (SHOP, COPIED)], ids=["files", "database", "copied", "both"])
def machine(parts: MachineParts, request: pytest.FixtureRequest) -> dict[str, Any]:
    """The machine of a domain whose files are delivered, that of one with a database, and with one that DMS copies."""
    return definition(replace(parts, sources=request.param))


@pytest.fixture
def evaluate() -> Callable[..., Any]:
    """Evaluates what a state holds: `evaluate(template, states={"input": ...}, run={...})`."""

    def one(text: str, states: dict[str, Any], variables: dict[str, Any]) -> Any:
        parsed = jsonata.Jsonata.jsonata(text)
        parsed.register_lambda("parse", json.loads)
        parsed.register_lambda("hash", lambda source, _: hashlib.sha256(source.encode()).hexdigest())
        parsed.register_lambda("uuid", lambda: "0f8fad5b")
        return parsed.evaluate(None, {"states": states, **variables})

    def evaluate(template: Any, *, states: dict[str, Any] | None = None, **variables: Any) -> Any:
        if isinstance(template, dict):
            return {key: evaluate(value, states=states, **variables) for key, value in template.items()}
        if isinstance(template, list):
            return [evaluate(value, states=states, **variables) for value in template]
        if isinstance(template, str) and template.startswith("{%"):
            return one(template[2:-2], states or {}, variables)
        return template

    return evaluate

"""Every environment synthesised without its gates, once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from data_platform.contracts.odcs import load_domains
from environments import DEV, LOCAL, PROD, STAGING
from stacks.platform import PlatformStage

HOME = Path(__file__).parents[3]


@pytest.fixture(scope="module", params=[DEV, STAGING, PROD, LOCAL], ids=lambda each: each.name)
def resources(request: pytest.FixtureRequest) -> dict[str, dict[str, Any]]:
    """Every resource of an environment by stack and logical id."""
    app = cdk.App(
        context=json.loads((HOME / "cdk.json").read_text())["context"],
        analytics_reporting=False,
        builtin_cloud_formation_validation=False,
    )
    stage = PlatformStage(
        app, request.param.name, environment=request.param, domains=load_domains(HOME / "domains")
    )
    found = {}
    for stack in stage.synth().stacks:
        for name, resource in stack.template["Resources"].items():
            found[f"{stack.stack_name}/{name}"] = resource
    return found

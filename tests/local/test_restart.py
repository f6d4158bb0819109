"""The embedded AWS keeps its state over a restart and tells what it only records."""

from __future__ import annotations

import json
import urllib.request

import pytest

pytestmark = pytest.mark.local


def test_state_survives_a_graceful_restart(platform):
    before = platform.query(
        f'SELECT count(*) FROM "{platform.names.database("curated")}"."planes"', platform.as_role("analyst")
    )

    platform.server("stop")
    platform.server("start")

    assert before == platform.query(
        f'SELECT count(*) FROM "{platform.names.database("curated")}"."planes"', platform.as_role("analyst")
    )
    stacks = platform.client("cloudformation").list_stacks()["StackSummaries"]
    assert any(stack["StackName"].endswith("aviation-pipeline") for stack in stacks)


def test_what_is_only_recorded_is_listed_with_a_reason(platform):
    with urllib.request.urlopen(
        f"{platform.endpoint['plain_endpoint']}/_local/recorded", timeout=10
    ) as answer:
        recorded = json.load(answer)

    assert recorded
    assert all(entry["reason"] for entry in recorded)

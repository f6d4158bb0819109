"""What the CDK CLI prints is read as stacks that changed or did not."""

from __future__ import annotations

import pytest

from operations.laptop.cdk import deployed_stack


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        (" ✅  local/AviationLake (dp-local-aviation-lake)", True),
        (" ✅  local/AviationLake (dp-local-aviation-lake) (no changes)", False),
        ("✅  dp-local-foundation (no changes)", False),
    ],
)
def test_a_deployed_stack_is_told_from_an_unchanged_one(line, changed):
    assert deployed_stack(line).changed is changed


@pytest.mark.parametrize(
    "line", ["", "✨  Deployment time: 0.44s", "✅  Environment aws://0/x bootstrapped."]
)
def test_other_lines_are_no_stacks(line):
    assert deployed_stack(line) is None

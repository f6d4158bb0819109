"""One reviewable file a stack and environment; asset hashes and versions are left out.

After a change that is meant: python -m pytest tests/snapshot --snapshot-update, then read the diff.
"""

from __future__ import annotations

import json
import re

import pytest
from syrupy.extensions.json import JSONSnapshotExtension

ASSET_HASH = re.compile(r"\b[0-9a-f]{64}\b")
# The number changes with each release of the bootstrap template, not with us.
IGNORED_SECTIONS = ("Parameters", "Rules")


@pytest.fixture
def snapshot(snapshot):
    return snapshot.use_extension(JSONSnapshotExtension)


def test_templates_are_as_reviewed(assembly, snapshot):
    changed = [
        stack
        for stack, template in sorted(assembly.templates.items())
        if normalised(template) != snapshot(name=stack)
    ]

    assert changed == [], "read the difference, then: python -m pytest tests/snapshot --snapshot-update"


@pytest.mark.parametrize("part", ["foundation", "retail-databases", "bastion"])
def test_what_a_network_of_another_team_changes_is_as_reviewed(existing_network, snapshot, part):
    assert normalised(existing_network.templates[f"dp-shared-{part}"]) == snapshot(name=part)


@pytest.mark.parametrize("broker", ["express", "standard", "serverless", "off"])
def test_streaming_is_as_reviewed(streaming_of, snapshot, broker):
    templates = streaming_of(broker).templates
    (stack,) = (name for name in templates if name.endswith("-retail-streaming"))

    assert normalised(templates[stack]) == snapshot(name=broker)


def test_a_hash_of_an_asset_does_not_show():
    template = {"Resources": {"Code": {"S3Key": f"{'0a' * 32}.zip"}}, "Rules": {}}

    assert normalised(template) == {"Resources": {"Code": {"S3Key": "<asset>.zip"}}}


def normalised(template):
    kept = {section: body for section, body in template.items() if section not in IGNORED_SECTIONS}
    return json.loads(ASSET_HASH.sub("<asset>", json.dumps(kept)))

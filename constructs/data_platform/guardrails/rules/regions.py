"""Regions: data stays where it may be."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from data_platform.guardrails.rule import Rule, Standards

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.guardrails.estate import Resource
    from data_platform.guardrails.rule import Surroundings

_RESIDENCE = Standards(cpg_234=("36d", "53"))


def _stack(resource: Resource, around: Surroundings) -> Iterator[str]:
    allowed, stack = around.expected.regions, resource.stack
    if resource is stack.first and allowed and stack.region not in (*allowed, "${AWS::Region}"):
        yield f"stack {stack.name} is deployed to {stack.region}; allowed: {', '.join(allowed)}"


def _arns(resource: Resource, around: Surroundings) -> Iterator[str]:
    allowed = around.expected.regions
    foreign = resource.stack.arn_regions - set(allowed)
    if not allowed or not foreign:  # the whole template was searched once
        return
    text = json.dumps(resource.raw)
    for region in foreign:
        if re.search(rf"arn:aws[a-z-]*:[a-z0-9-]+:{region}:", text):
            yield f"it names an ARN of {region}; allowed: {', '.join(allowed)}"


RULES = (
    Rule(
        id="DP-REGION-STACK",
        title="Stacks are deployed to allowed regions only.",
        rationale="Data and its logs must stay in the country that the promise to customers and regulators names.",
        fix="Set env to an allowed region, or extend Expectations.regions after review.",
        types=(),
        check=_stack,
        standards=_RESIDENCE,
    ),
    Rule(
        id="DP-REGION-ARN",
        title="Resources name ARNs of allowed regions only.",
        rationale="Replication, backup copies and deliveries leave the country by an ARN in a property.",
        fix="Name a resource in an allowed region, or extend Expectations.regions after review.",
        types=(),
        check=_arns,
        standards=_RESIDENCE,
    ),
)

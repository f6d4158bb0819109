"""Every accepted finding is exact, used, reasoned, on a small scope, and there are few of them."""

from __future__ import annotations

import pytest
from constructs import Construct

from data_platform.acknowledgement import (
    LEAST_REASON_CHARACTERS,
    UnacceptableAcknowledgementError,
    acknowledge,
)

MOST_PER_RESOURCE = 0.05
REASON = "A reason that is long enough for a reviewer to weigh what protects instead of the rule."
RULE = "AwsSolutions::AwsSolutions-S1"


def used(assembly):
    return {(finding["acknowledgedAt"], finding["acknowledgedId"]) for finding in accepted(assembly)}


def accepted(assembly):
    return assembly.findings("suppressedViolations")


def test_no_acknowledgement_is_unused(assembly):
    assert sorted(assembly.acknowledgements - used(assembly)) == []


def test_every_acknowledgement_is_recorded_in_the_report(assembly):
    assert sorted(used(assembly) - assembly.acknowledgements) == []


def test_every_acknowledgement_names_its_pack(assembly):
    assert [rule for _, rule in assembly.acknowledgements if "::" not in rule.split("[")[0]] == []


def test_every_acknowledgement_has_a_reason(assembly):
    vague = [
        finding["acknowledgedId"]
        for finding in accepted(assembly)
        if len(finding.get("reason", "")) < LEAST_REASON_CHARACTERS
    ]

    assert vague == []


def test_no_acknowledgement_covers_a_stack_or_more(assembly):
    # <stage>/<stack>/<construct>: anything shorter is the stack, the stage or the app.
    assert [path for path, _ in assembly.acknowledgements if path.count("/") < 2] == []


def of_packs(assembly):
    """Accepted findings of security packs; CloudFormation's own warnings are none and have a test of their own."""
    return [finding for finding in accepted(assembly) if finding["plugin"] != "CloudFormation Validate"]


def test_acknowledgements_are_at_most_one_per_twenty_resources(assembly, capsys):
    """One acknowledgement is one id with its pack (a rule of four packs counts four times) at one construct."""
    ids = {(finding["acknowledgedAt"], finding["acknowledgedId"]) for finding in of_packs(assembly)}
    resources = len(assembly.resources)
    with capsys.disabled():
        print(  # noqa: T201 - the figure is asked for
            f"\n{assembly.environment}: {len(ids)} acknowledgements on {resources} resources, {len(ids) / resources:.3f}"
        )

    listed = "\n".join(sorted(f"{path}: {rule}" for path, rule in ids))
    assert len(ids) / resources <= MOST_PER_RESOURCE, f"{listed}\nMend the design before accepting another."


def test_cloudformation_rules_are_accepted_for_named_zones_only(assembly):
    rules = {
        finding["ruleName"]
        for finding in accepted(assembly)
        if finding["plugin"] == "CloudFormation Validate"
    }

    assert rules <= {"W3010"}


def test_a_reason_that_says_nothing_is_refused(stack):
    with pytest.raises(UnacceptableAcknowledgementError, match="too short"):
        acknowledge(Construct(stack, "Part"), RULE, reason="not needed")


def test_an_id_without_its_pack_is_refused(stack):
    with pytest.raises(UnacceptableAcknowledgementError, match="lacks its pack"):
        acknowledge(Construct(stack, "Part"), "AwsSolutions-S1", reason=REASON)


def test_a_stack_as_scope_is_refused(stack):
    with pytest.raises(UnacceptableAcknowledgementError, match="too wide"):
        acknowledge(stack, RULE, reason=REASON)


def test_an_app_as_scope_is_refused(stack):
    with pytest.raises(UnacceptableAcknowledgementError, match="too wide"):
        acknowledge(stack.node.root, RULE, reason=REASON)

"""The mutation score: each bad change to our own production templates is refused, by the rule meant for it."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from guardrail_mutants import MUTANTS

from data_platform.contracts.odcs import load_domains
from data_platform.guardrails import Estate, Stack
from environments import ENVIRONMENTS, PROD
from stacks.guardrails import platform_guardrails

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def production(assembly_of):
    return assembly_of("prod").templates


@pytest.fixture(scope="module")
def guardrails():
    return platform_guardrails(ENVIRONMENTS, load_domains(ROOT / "domains"))


def found(guardrails, templates):
    stacks = [
        Stack(name=name, template=template, account=PROD.account, region=PROD.region, protected=True)
        for name, template in templates.items()
    ]
    return {
        (finding.rule.id, finding.resource.logical_id, finding.detail)
        for finding in guardrails.findings(Estate(stacks))
    }


@pytest.fixture(scope="module")
def base(guardrails, production):
    return found(guardrails, production)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_bad_change_is_refused(mutant, guardrails, production, base):
    changed = copy.deepcopy(production)
    mutant.change(changed)

    assert changed != production
    new = {rule for rule, _, _ in found(guardrails, changed) - base}
    assert mutant.rule in new


def test_every_rule_but_the_region_of_a_stack_has_a_mutant(guardrails):
    # A template does not hold its stack's region; the unit tests move a stack instead.
    assert set(guardrails.rule_ids) - {mutant.rule for mutant in MUTANTS} == {"DP-REGION-STACK"}


def test_the_published_score_is_the_measured_one():
    """Each mutant has a test of its own above, so a score below N of N cannot be green."""
    missed = sum(mutant.missed_by_all for mutant in MUTANTS)
    page = (ROOT / "docs" / "guardrails.md").read_text()

    assert f"**{len(MUTANTS)} of {len(MUTANTS)}** mutants" in page
    assert f"**{missed} of {missed}** that no public gate caught" in page

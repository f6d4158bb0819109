"""Each guardrail accepts its good template and refuses every bad one, which differs from it in one place."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml

from data_platform.guardrails import RULES, Estate, Expectations, Guardrails, PromisedLock, Stack

CASES = {
    rule: case
    for file in sorted((Path(__file__).parent / "cases").glob("*.yaml"))
    for rule, case in yaml.safe_load(file.read_text()).items()
}
STACK_FIELDS = ("Parameters", "region")


def findings(rule, resources, *, told=None, parameters=None, region="ap-southeast-2"):
    """What one rule finds in one stack."""
    told = dict(told or {})
    told["locks"] = {bucket: PromisedLock(**lock) for bucket, lock in told.get("locks", {}).items()}
    for name in ("regions", "accounts", "protected_stacks"):
        told[name] = tuple(told.get(name, ()))
    others = [each.id for each in RULES if each.id != rule]
    template = {"Resources": resources, "Parameters": parameters or {}}
    stack = Stack(name="unit-test", template=template, account="111111111111", region=region)
    return list(Guardrails(Expectations(**told), without=others).findings(Estate([stack])))


def changed(resources, changes):
    """A copy with what stands at each dotted path replaced; null takes it away."""
    made = copy.deepcopy(resources)
    for path, value in changes.items():
        *parents, last = path.split(".")
        holder, rest = made, list(parents)
        while rest:
            key = rest.pop(0)
            holder = holder[int(key)] if isinstance(holder, list) else holder[key]
        if isinstance(holder, list):
            holder[int(last)] = value
        elif value is None:
            del holder[last]
        else:
            holder[last] = value
    return made


def test_every_rule_has_a_good_and_a_bad_template():
    assert sorted(CASES) == sorted(rule.id for rule in RULES)
    assert [rule for rule, case in CASES.items() if not case["pass"] or not case["fail"]] == []


@pytest.mark.parametrize("rule", CASES)
def test_the_good_template_passes(rule):
    assert findings(rule, CASES[rule]["pass"], told=CASES[rule].get("told")) == []


@pytest.mark.parametrize(
    ("rule", "fault"), [(rule, fault) for rule, case in CASES.items() for fault in case["fail"]]
)
def test_the_bad_template_is_refused(rule, fault):
    case = CASES[rule]
    changes = dict(case["fail"][fault])
    of_stack = {name.lower(): changes.pop(name) for name in STACK_FIELDS if name in changes}

    found = findings(rule, changed(case["pass"], changes), told=case.get("told"), **of_stack)

    assert {each.rule.id for each in found} == {rule}
    assert not any("could not read" in each.detail for each in found)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_says_what_why_and_how_to_mend(rule):
    assert rule.id.startswith("DP-")
    assert min(len(rule.title), len(rule.rationale), len(rule.fix)) >= 20
    assert rule.title.endswith(".")
    assert any(vars(rule.standards).values()) or rule.id == "DP-S3-LIFECYCLE-ORDER"


def test_a_template_that_a_rule_cannot_read_does_not_pass():
    found = findings(
        "DP-LOG-KEY", {"Log": {"Type": "AWS::Logs::LogGroup", "Properties": {"KmsKeyId": {"Fn::Join": 1}}}}
    )

    assert "could not read" in found[0].detail


def test_a_rule_that_does_not_exist_cannot_be_left_out():
    with pytest.raises(ValueError, match="DP-NO-SUCH"):
        Guardrails(without=["DP-NO-SUCH"])

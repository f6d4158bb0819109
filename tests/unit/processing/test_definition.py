"""The shape of the state machine: nothing dangles, every task is limited, retried and caught."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jsonata
import pytest

from data_platform.processing import definition as module
from data_platform.processing.definition import definition

if TYPE_CHECKING:
    from collections.abc import Iterator


def _machines(machine: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield machine
    for state in machine["States"].values():
        if state["Type"] == "Map":
            yield from _machines(state["ItemProcessor"])


def _targets(state: dict[str, Any]) -> Iterator[str]:
    for field in ("Next", "Default"):
        if field in state:
            yield state[field]
    for rule in [*state.get("Catch", []), *state.get("Choices", [])]:
        yield rule["Next"]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def test_every_target_exists(machine):
    for one in _machines(machine):
        named = {target for state in one["States"].values() for target in _targets(state)} | {one["StartAt"]}

        assert set() == named - one["States"].keys()


def test_every_state_can_be_reached(machine):
    for one in _machines(machine):
        reached, frontier = set(), [one["StartAt"]]
        while frontier:
            name = frontier.pop()
            if name not in reached:
                reached.add(name)
                frontier.extend(_targets(one["States"][name]))

        assert set() == one["States"].keys() - reached


def test_every_state_leads_on_or_ends(machine):
    for one in _machines(machine):
        stuck = [
            name
            for name, state in one["States"].items()
            if state["Type"] not in {"Succeed", "Fail"} and not state.get("End") and not list(_targets(state))
        ]

        assert stuck == []


def test_every_task_has_a_timeout_a_retry_with_full_jitter_and_a_catch(machine):
    for one in _machines(machine):
        for name, state in one["States"].items():
            if state["Type"] != "Task":
                continue

            assert state["TimeoutSeconds"] > 0, name
            assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name
            assert state["Retry"], name
            for rule in state["Retry"]:
                assert rule["JitterStrategy"] == "FULL", name
                assert {"BackoffRate", "MaxDelaySeconds", "IntervalSeconds", "MaxAttempts"} <= rule.keys(), (
                    name
                )


def test_states_all_is_alone_and_last_as_the_language_demands(machine):
    for one in _machines(machine):
        for state in one["States"].values():
            for rules in (state.get("Retry", []), state.get("Catch", [])):
                assert all("States.ALL" not in rule["ErrorEquals"] for rule in rules[:-1])


def test_every_expression_parses(machine):
    expressions = [text[2:-2] for text in _texts(machine) if text.startswith("{%")]

    assert len(expressions) > 100
    for expression in expressions:
        jsonata.Jsonata.jsonata(expression)


def test_no_expression_hides_in_a_longer_text(machine):
    assert [text for text in _texts(machine) if "{%" in text and not text.startswith("{%")] == []


def test_an_insert_is_never_repeated_without_the_delete_before_it(machine):
    fill = machine["States"]["FillCandidate"]

    assert [rule["ErrorEquals"] for rule in fill["Retry"]] == [["Athena.TooManyRequestsException"]]
    assert machine["States"]["PauseCandidate"]["Next"] == "ClearCandidate"


def test_a_verdict_is_not_asked_for_again(machine):
    first = {name: machine["States"][name]["Retry"][0] for name in ("CheckDrift", "Verdict")}

    assert {"SchemaDrift", "PoisonFile"} == set(first["CheckDrift"]["ErrorEquals"])
    assert first["Verdict"]["ErrorEquals"] == ["QualityGateFailed"]
    assert {0} == {rule["MaxAttempts"] for rule in first.values()}


def test_variables_are_not_set_inside_a_map(machine):
    for state in machine["States"].values():
        if state["Type"] == "Map":
            for inner in state["ItemProcessor"]["States"].values():
                assert "Assign" not in inner
                assert all("Assign" not in rule for rule in inner.get("Catch", []))


def test_a_state_that_two_phases_define_is_refused_by_name(parts, monkeypatch):
    monkeypatch.setattr(module, "_PHASES", (module.claim_states, module.claim_states))

    with pytest.raises(ValueError, match=r"claim_states defines again .*Claim"):
        definition(parts)


def test_two_hundred_datasets_fit_the_definition_that_step_functions_accepts(parts):
    names = [f"dataset_{number:03}" for number in range(200)]
    large = replace(
        parts,
        plans=dict.fromkeys(names, f"{'0' * 64}.json"),
        waves=(tuple(names),),
        ancestors=dict.fromkeys(names, ()),
    )

    assert len(str(definition(large))) < 200_000

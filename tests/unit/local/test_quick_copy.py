"""Saving a service copies its state by pickling, whatever ministack's own function says."""

from __future__ import annotations

import copy
import pickle

from ministack.services import athena, cloudformation

from local.quick_copy import with_quick_copies


def test_the_quick_function_saves_what_the_slow_one_saves(monkeypatch):
    monkeypatch.setattr(athena, "_executions", {"a": {"Status": {"State": "RUNNING"}}})
    quick, slow = with_quick_copies(athena.get_state)(), athena.get_state()
    assert list(quick) == list(slow)
    assert quick["_executions"] == slow["_executions"]


def test_what_was_saved_does_not_change_with_the_service(monkeypatch):
    running = {"a": {"Status": {"State": "RUNNING"}}}
    monkeypatch.setattr(athena, "_executions", running)
    saved = with_quick_copies(athena.get_state)()
    running["a"]["Status"]["State"] = "SUCCEEDED"
    assert saved["_executions"]["a"]["Status"]["State"] == "RUNNING"


def test_the_module_itself_keeps_its_own_copy():
    with_quick_copies(athena.get_state)
    assert athena.copy is copy


def test_a_function_that_copies_nothing_is_left_as_it_is():
    assert with_quick_copies(len) is len


def test_stacks_are_copied_once_and_load_as_they_were_when_they_were_saved(monkeypatch):
    running = {"a": {"StackStatus": "CREATE_IN_PROGRESS"}}
    monkeypatch.setattr(cloudformation, "_PERSISTED_STORES", [(lambda: running, "stacks")])
    saved, plain = with_quick_copies(cloudformation.get_state)(), cloudformation.get_state()
    running["a"]["StackStatus"] = "CREATE_COMPLETE"
    loaded = pickle.loads(pickle.dumps(saved))  # noqa: S301 - made just now
    assert loaded == plain == {"stacks": {"a": {"StackStatus": "CREATE_IN_PROGRESS"}}}

"""Saving a service copies its state by pickling, whatever ministack's own function says."""

from __future__ import annotations

import copy

from ministack.services import athena

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

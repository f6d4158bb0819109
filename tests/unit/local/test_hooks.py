"""A hook that does not fit the installed ministack stops the start with a reason."""

from __future__ import annotations

import importlib.metadata
import types

import pytest

from local import hooks


def test_another_version_of_ministack_is_refused(monkeypatch):
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "1.6.0")
    with pytest.raises(hooks.HookError, match=r"1\.6\.0 is installed.*pip install ministack==1\.5\.33"):
        hooks.require_pinned_ministack()


def test_a_missing_attribute_is_refused():
    with pytest.raises(hooks.HookError, match="gone does not exist"):
        hooks.replace(types.ModuleType("somewhere"), "gone", None)


def test_other_parameters_are_refused_and_nothing_is_replaced():
    module = types.ModuleType("somewhere")
    module.found = old = lambda a, b: (a, b)
    with pytest.raises(hooks.HookError, match=r"takes \(a b\).*expects \(a\)"):
        hooks.replace(module, "found", None, parameters="a")
    assert module.found is old


def test_the_old_value_is_returned_for_wrapping():
    module = types.ModuleType("somewhere")
    module.found = old = lambda a: a
    assert hooks.replace(module, "found", 1, parameters="a") is old
    assert module.found == 1

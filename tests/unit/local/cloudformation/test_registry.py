"""Own resource types run off the event loop and must know how to update."""

from __future__ import annotations

import inspect

import pytest
from ministack.services.cloudformation import provisioners, stacks

from local.cloudformation import registry


@pytest.fixture
def handlers(monkeypatch):
    kept = dict(provisioners._RESOURCE_HANDLERS)
    monkeypatch.setattr(provisioners, "_RESOURCE_HANDLERS", kept)
    return kept


def _nothing(*_):
    return "id", {}


def test_a_registered_type_is_handled_on_a_worker_thread(handlers):
    assert not stacks._runs_on_worker_thread("AWS::Test::Thing")
    registry.register("AWS::Test::Thing", create=_nothing, update=_nothing, delete=_nothing)
    assert stacks._runs_on_worker_thread("AWS::Test::Thing")
    assert not stacks._runs_on_worker_thread("AWS::Test::Other")
    assert handlers["AWS::Test::Thing"]["update"] is _nothing
    assert "AWS::Test::Thing" in registry.registered()


def test_the_update_handler_is_mandatory():
    parameters = inspect.signature(registry.register).parameters
    assert parameters["update"].default is inspect.Parameter.empty

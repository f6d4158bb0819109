"""One set of state machines for each server."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

_spec = importlib.util.spec_from_file_location("sfn_machines", Path(__file__).with_name("machines.py"))
machines_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(machines_module)


@pytest.fixture(scope="session")
def machines(aws: Any) -> Any:
    """State machines on the server without authorisation."""
    return machines_module.Machines(aws)


@pytest.fixture(scope="session")
def secured_machines(secured_aws: Any) -> Any:
    """State machines on the server that enforces IAM."""
    return machines_module.Machines(secured_aws)


@pytest.fixture
def task() -> Any:
    """Makes a Task state."""
    return machines_module.task

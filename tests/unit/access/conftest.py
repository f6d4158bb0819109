"""Every environment as the gates see it, by stack and logical id."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def resources(assembly: Any) -> dict[str, dict[str, Any]]:
    """Every resource of an environment by stack and logical id; each environment in turn."""
    return {f"{stack}/{name}": resource for (stack, name), resource in assembly.resources.items()}


@pytest.fixture
def production(assembly_of: Any) -> dict[str, dict[str, Any]]:
    """The same of production, which has every duty but one: nothing is stopped there by the clock."""
    return {f"{stack}/{name}": each for (stack, name), each in assembly_of("prod").resources.items()}


@pytest.fixture
def development(assembly_of: Any) -> dict[str, dict[str, Any]]:
    """The same of development, whose bastion stops every evening."""
    return {f"{stack}/{name}": each for (stack, name), each in assembly_of("dev").resources.items()}

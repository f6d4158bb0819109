"""The shop's database beside the lake, and the platform after one deployment more."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # tests here import their own modules

from further_contracts import Extended, extend

if TYPE_CHECKING:
    from deployed_platform import Platform


@pytest.fixture(scope="session")
def extended(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Extended:
    """The same platform after one deployment more, with contracts that tests bring; it stays so."""
    return extend(platform, tmp_path_factory.mktemp("further"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs the platform with further contracts comes after all that needs it as it is."""
    items.sort(key=lambda item: "extended" in getattr(item, "fixturenames", ()))

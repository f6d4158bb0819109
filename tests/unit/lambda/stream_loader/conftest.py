"""A registry of the embedded AWS, and a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stream_records import Registry
from tests.unit.local.msk.conftest import shop  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from tests.unit.local.conftest import Aws


@pytest.fixture
def registry(aws: Aws) -> Registry:
    return Registry(aws.client("glue"))

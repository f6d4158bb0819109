"""One deployed platform for the end-to-end tests of a run: the real CDK CLI on the embedded AWS, AUTH and TLS on.

PLATFORM_STATE names the folder of one that was prepared (`prepared_platform.py`): it is copied, and stays as it is.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # tests here import their own modules

from deployed_platform import Platform
from prepared_platform import deploy, load

from local import state_copy


@pytest.fixture(scope="session")
def prepared() -> Path | None:
    """The stopped platform that suites share, if somebody has prepared one."""
    named = os.environ.get("PLATFORM_STATE")
    return Path(named) if named else None


@pytest.fixture(scope="session")
def platform(prepared: Path | None, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The platform, deployed once, with aviation's first day loaded."""
    made = Platform(tmp_path_factory.mktemp("platform") / "aws")
    try:
        if prepared is None:
            deploy(made, tmp_path_factory.mktemp("assembly"))
        else:
            state_copy.copy(prepared, made.state)
            made.server("start")
        yield made
    finally:
        made.server("stop")


@pytest.fixture(scope="session")
def retail(platform: Platform, prepared: Path | None) -> Platform:
    """The same platform, looking at retail, with its days loaded."""
    if prepared is None:
        load(platform)
    return platform.of("retail")

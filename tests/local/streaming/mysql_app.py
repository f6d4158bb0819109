"""The app with MySQL for the shop's database: `CDK_APP="python -m tests.local.streaming.mysql_app"`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from app import platform
from tests.local.streaming.mysql_source import ENVIRONMENT, write_contracts

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        platform(environments=[ENVIRONMENT], contracts=write_contracts(Path(folder) / "domains")).synth()

"""Is this machine ready? Each finding says what was found, what is needed and how to mend it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from operations.connection import endpoint_record
from operations.exit_codes import CommandFailed
from operations.tunnel_ssh import MENDS

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
CDK_CLI = "2.1148.1"
NODE_MAJORS = ("22", "24")
_PINNED = {"aws-cdk-lib": "2.275.0", "cdk-nag": "3.0.2", "ministack": "1.5.33"}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing looked at. An optional one that is missing is no failure."""

    what: str
    ok: bool
    found: str
    mend: str
    optional: bool = False


def examine() -> list[Finding]:
    """Look at everything that the platform needs on this machine."""
    checks: list[Callable[[], Finding]] = [_python, _node, _cdk]
    pinned = [_package(name, wanted) for name, wanted in _PINNED.items()]
    tunnels = [_program(name, mend) for name, mend in MENDS.items()]
    return [*(check() for check in checks), *pinned, _dbt(), _embedded(), _credentials(), *tunnels]


def _python() -> Finding:
    found = ".".join(str(part) for part in sys.version_info[:3])
    return Finding(what="Python", ok=sys.version_info >= (3, 11), found=found, mend="install Python >= 3.11")


def _node() -> Finding:
    node = ROOT / ".venv" / "node" / "node"
    executable = str(node) if node.exists() else shutil.which("node")
    found = _first_line([executable, "--version"]) if executable else "missing"
    major = found.lstrip("v").split(".")[0]
    return Finding(what="Node", ok=major in NODE_MAJORS, found=found, mend="make setup (it brings Node 24)")


def _cdk() -> Finding:
    manifest = ROOT / "node_modules" / "aws-cdk" / "package.json"
    found = json.loads(manifest.read_text())["version"] if manifest.exists() else "missing"
    mend = f"make setup (npm's latest, 3.0.0, is a stale accident; {CDK_CLI} is pinned)"
    return Finding(what="CDK CLI", ok=found == CDK_CLI, found=found, mend=mend)


def _package(name: str, wanted: str) -> Finding:
    try:
        found = version(name)
    except PackageNotFoundError:
        found = "missing"
    return Finding(what=name, ok=found == wanted, found=found, mend=f"make setup ({wanted} is pinned)")


def _dbt() -> Finding:
    dbt = ROOT / ".local" / "images" / "dbt" / "bin" / "dbt"
    found = "installed" if dbt.exists() else "missing"
    return Finding(what="dbt image", ok=dbt.exists(), found=found, mend="make setup")


def _embedded() -> Finding:
    try:
        found, ok = str(endpoint_record()["endpoint"]), True
    except CommandFailed:
        found, ok = "not running", False
    return Finding(what="embedded AWS", ok=ok, found=found, mend="make local", optional=True)


def _credentials() -> Finding:
    import botocore.session

    credentials = botocore.session.Session().get_credentials()
    found = credentials.method if credentials else "none"
    mend = "needed only for environments in AWS: aws sso login"
    return Finding(what="AWS credentials", ok=credentials is not None, found=found, mend=mend, optional=True)


def _program(name: str, mend: str) -> Finding:
    found = shutil.which(name)
    return Finding(
        what=name,
        ok=found is not None,
        found=found or "missing",
        mend=f"needed only for `dp tunnel`: {mend}",
        optional=True,
    )


def _first_line(command: list[str]) -> str:
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError) as error:
        return f"does not start: {error}"
    return answer.strip().splitlines()[0] if answer.strip() else "silent"

"""The real CDK CLI, pointed at the embedded AWS."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

REPOSITORY_ROOT = Path(__file__).resolve().parents[2]
_DEPLOYED = re.compile(r"^\s*✅\s+(?P<stack>\S+)(?: \([^)]*\))?(?P<unchanged> \(no changes\))?\s*$")


class CdkFailed(Exception):
    """The CDK CLI ended with an error; the message holds its last lines."""


@dataclass(frozen=True, kw_only=True)
class DeployedStack:
    """One stack as the CLI reported it."""

    name: str
    changed: bool


def deployed_stack(line: str) -> DeployedStack | None:
    """The stack that a line of `cdk deploy` reports as deployed, if it does.

    Example:
        >>> deployed_stack(" ✅  dp-local-foundation (no changes)")
        DeployedStack(name='dp-local-foundation', changed=False)
        >>> deployed_stack(" ✅  local/lake (dp-local-lake)")
        DeployedStack(name='local/lake', changed=True)
        >>> deployed_stack("✨  Deployment time: 3.1s") is None
        True
    """
    found = _DEPLOYED.match(line)
    if found is None:
        return None
    return DeployedStack(name=found["stack"], changed="(no changes)" not in line)


def bootstrap(*, account: str, regions: Sequence[str], environment: Mapping[str, str]) -> None:
    """Create the CDK's own bucket and roles in these regions of the account.

    Raises:
        CdkFailed: when the CLI fails.
    """
    # Away from cdk.json the CLI synthesises no app, which a bootstrap does not need.
    elsewhere = REPOSITORY_ROOT / "node_modules"
    for _ in _lines(
        ["bootstrap", *(f"aws://{account}/{region}" for region in regions)], environment, elsewhere
    ):
        pass


def deploy(
    *,
    stage: str,
    environment: Mapping[str, str],
    on_line: Callable[[str], None],
    output: Path,
    checkout: Path = REPOSITORY_ROOT,
    context: Mapping[str, str] | None = None,
) -> list[DeployedStack]:
    """Synthesise one environment with every gate on and deploy all its stacks.

    Args:
        stage: Name of the environment, whose stage has the same name.
        environment: Variables that point the CLI at the embedded AWS.
        on_line: Receives each line of the CLI's output as it comes.
        output: Folder of the cloud assembly.
        checkout: Folder of the app; another one than this deploys other contracts with the same tools.
        context: More of the app's context, such as `streaming` (`environments/streaming_switch.py`).

    Raises:
        CdkFailed: when synth, a gate or a stack fails.
    """
    stacks = []
    arguments = ["deploy", f"{stage}/*", "-c", f"environment={stage}", "--output", str(output)]
    arguments += [part for name, value in (context or {}).items() for part in ("-c", f"{name}={value}")]
    arguments += ["--require-approval", "never", "--concurrency", "4", "--progress", "events"]
    for line in _lines(arguments, environment, checkout):
        on_line(line)
        if stack := deployed_stack(line):
            stacks.append(stack)
    return stacks


def _lines(
    arguments: list[str], environment: Mapping[str, str], checkout: Path = REPOSITORY_ROOT
) -> Iterator[str]:
    node = REPOSITORY_ROOT / ".venv" / "node"
    binaries = [REPOSITORY_ROOT / "node_modules" / ".bin", REPOSITORY_ROOT / ".venv" / "bin", node]
    path = os.pathsep.join([*map(str, binaries), os.environ.get("PATH", "")])
    process = subprocess.Popen(
        [str(binaries[0] / "cdk"), *arguments, "--no-notices", "--ci"],
        cwd=checkout,
        env={**os.environ, **environment, "PATH": path, "CDK_DISABLE_CLI_TELEMETRY": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout is not None  # noqa: S101 - PIPE was asked for
    last: list[str] = []
    for line in process.stdout:
        text = line.rstrip("\n")
        last = [*last[-60:], text]
        yield text
    if process.wait() != 0:
        raise CdkFailed("\n".join(last))

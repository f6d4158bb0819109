"""Prepares the platform that suites of end-to-end tests copy: `python -m tests.local.prepared_platform FOLDER`.

One deployment by the real CDK CLI and one load of the demo's days serve every suite: each starts on a copy of its own.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # modules here import each other by their names

from deployed_platform import ACCOUNT, REGION, ROOT, Platform

from operations.laptop import cdk, image

FIRST_DAY = "2013-01-01"
COPY_REGION = "ap-southeast-4"


def deploy(platform: Platform, folder: Path) -> None:
    """Start the embedded AWS, deploy every stack with the CLI and load aviation's first day, references and all."""
    platform.server("start")
    image.build(prefix="dp-local", contracts=ROOT / "domains", state=platform.state)
    cdk.bootstrap(account=ACCOUNT, regions=(REGION, COPY_REGION), environment=platform.cli_environment())
    cdk.deploy(
        stage="local",
        environment=platform.cli_environment(),
        on_line=_tell_of_stacks,
        output=folder / "cdk.out",
    )
    for dataset in platform.domain.datasets:
        platform.deliver(dataset.name, FIRST_DAY, platform.table(dataset.name, FIRST_DAY))
    run = platform.run("*", FIRST_DAY)
    assert (run.status, run.cause) == ("SUCCEEDED", "")


def _tell_of_stacks(line: str) -> None:
    """Of the CLI's many lines those that say of a stack that it is deployed."""
    if cdk.deployed_stack(line):
        sys.stdout.write(f"{line}\n")


def load(platform: Platform) -> None:
    """Load the demo's days of retail."""
    platform.of("retail").load_demo()


def main(folder: Path) -> None:
    """Prepare one in the folder, in the place of what is there, and stop it."""
    shutil.rmtree(folder, ignore_errors=True)
    platform = Platform(folder)
    try:
        with tempfile.TemporaryDirectory() as assembly:
            deploy(platform, Path(assembly))
        load(platform)
    finally:
        platform.server("stop")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())

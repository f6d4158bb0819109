"""Every environment as one stage, gates on. `cdk synth -c environment=prod` synthesises one alone.

`-c streaming=on` has the laptop stream (`environments/streaming_switch.py`).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import aws_cdk as cdk
import cdk_nag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from environments.model import Environment

PACKS = (
    cdk_nag.AwsSolutionsChecks,
    cdk_nag.HIPAASecurityChecks,
    cdk_nag.NIST80053R4Checks,
    cdk_nag.NIST80053R5Checks,
    cdk_nag.PCIDSS321Checks,
    cdk_nag.ServerlessChecks,
)
HOME = Path(__file__).parent


def platform(
    *,
    outdir: str | None = None,
    environment: str | None = None,
    streaming: str | None = None,
    environments: Sequence[Environment] | None = None,
    contracts: Path = HOME / "domains",
) -> cdk.App:
    """The app with its stages and gates, not yet synthesised.

    Args:
        outdir: Where to write the cloud assembly; the CLI says so itself.
        environment: The only environment to build; all when neither this nor the CLI's context names one.
        streaming: "on" where the laptop streams; the CLI's context (`-c streaming=on`) unless it is said here.
        environments: The environments that there are; those of `environments/` when left out.
        contracts: Folder of the domains.

    Raises:
        ValueError: when an environment or a contract is not valid; it says where and how to mend it.
    """
    from data_platform.contracts.odcs import load_domains  # noqa: PLC0415 - main can tell what is wrong
    from environments import ENVIRONMENTS, switched  # noqa: PLC0415 - the same
    from stacks.guardrails import platform_guardrails  # noqa: PLC0415 - the same
    from stacks.platform import PlatformStage  # noqa: PLC0415 - the same

    # The CLI hands this context over itself; without the CLI (tests, `python app.py`) flags must be the same.
    context = json.loads((HOME / "cdk.json").read_text())["context"]
    app = cdk.App(context=context, outdir=outdir, analytics_reporting=False)
    wanted = environment or app.node.try_get_context("environment")
    there = ENVIRONMENTS if environments is None else environments
    known = [known.name for known in there]
    if wanted not in (None, *known):
        raise ValueError(
            f"-c environment={wanted}: there is no such environment. Allowed: {', '.join(known)}."
        )
    asked = streaming or app.node.try_get_context("streaming")
    asked_for = [switched(each, asked) for each in there]
    domains = load_domains(contracts)
    for each in asked_for:
        if wanted in (None, each.name):
            PlatformStage(app, each.name, environment=each, domains=domains)
    ours = platform_guardrails(asked_for, domains)
    cdk.Validations.of(app).add_plugins(*(pack(app, verbose=True) for pack in PACKS), ours)
    return app


if __name__ == "__main__":
    try:
        platform().synth()
    except ValueError as error:
        sys.exit(f"{type(error).__name__}: {error}")

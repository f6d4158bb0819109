"""One environment with N datasets, synthesised as a whole process: `python -m benchmarks.synth_app N [--guardrails]`.

N = 0 is the fixed cost: interpreter, jsii, imports and an empty stack, which is also the peer of the ratios.
"""

from __future__ import annotations

import dataclasses
import json
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATASETS_PER_DOMAIN = 10


def contracts(folder: Path, number: int) -> Path:
    """Write `number` contracts, copies of airlines, ten a domain."""
    text = (ROOT / "domains" / "aviation" / "airlines.odcs.yaml").read_text()
    for index in range(number):
        domain, dataset = f"bench{index // DATASETS_PER_DOMAIN:02d}", f"airlines_{index:03d}"
        copied = re.sub(r"\bairlines\b", dataset, re.sub(r"\baviation\b", domain, text))
        copied = re.sub(r"(?m)^id: .*$", f"id: 00000000-0000-4000-8000-{index:012d}", copied)
        file = folder / domain / f"{dataset}.odcs.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(copied)
    return folder


def main(number: int, *, guarded: bool = False) -> None:
    """Synthesise dev with that many datasets, packs off: the cost measured is ours; `guarded` judges it as well."""
    import aws_cdk as cdk

    with tempfile.TemporaryDirectory() as scratch:
        app = cdk.App(
            context=json.loads((ROOT / "cdk.json").read_text())["context"],
            outdir=str(Path(scratch) / "cdk.out"),
            builtin_cloud_formation_validation=False,
        )
        if number == 0:
            cdk.Stack(app, "Empty")
        else:
            from data_platform.contracts.odcs import load_domains
            from environments import DEV
            from stacks.platform import PlatformStage

            domains = load_domains(contracts(Path(scratch) / "domains", number))
            # No domain of these owns the shop's database.
            dev = dataclasses.replace(DEV, databases=())
            PlatformStage(app, dev.name, environment=dev, domains=domains)
            if guarded:
                from stacks.guardrails import platform_guardrails

                cdk.Validations.of(app).add_plugins(platform_guardrails([dev], domains))
        app.synth()


if __name__ == "__main__":
    main(int(sys.argv[1]), guarded="--guardrails" in sys.argv)

"""The dbt image on a laptop: its build context laid out as the Dockerfile would, its lock as a venv.

Without a Docker daemon an image is its files, its interpreter and its entry point. The embedded ECS finds all
three in `.local/aws/images.json`, by the name of the ECR repository.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

REPOSITORY_ROOT = Path(__file__).resolve().parents[2]


def build(*, repository: str, contracts: Path, state: Path) -> Path:
    """Lay out the dbt image and register it with the embedded ECS; returns its working directory.

    Args:
        repository: Name of the ECR repository that the task definition pulls from.
        contracts: Folder of the domains; dbt's sources are generated from them, as in the Dockerfile.
        state: Folder of the embedded AWS (`.local/aws`).
    """
    from data_platform.contracts.dbt_sources import write_dbt_sources
    from data_platform.contracts.odcs import load_domains

    context = (state / "images" / repository).resolve()
    fresh = context.with_name(f"{context.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(
        REPOSITORY_ROOT / "jobs" / "dbt", fresh / "dbt", ignore=shutil.ignore_patterns("target", "logs")
    )
    shutil.copy(REPOSITORY_ROOT / "jobs" / "images" / "dbt" / "run_dbt.py", fresh / "run_dbt.py")
    write_dbt_sources(load_domains(contracts), fresh / "dbt" / "models" / "sources")
    shutil.rmtree(context, ignore_errors=True)
    fresh.rename(context)
    _register(state / "images.json", repository, context)
    return context


def _register(images: Path, repository: str, context: Path) -> None:
    known = json.loads(images.read_text()) if images.exists() else {}
    python = REPOSITORY_ROOT / ".local" / "images" / "dbt" / "bin" / "python"
    known[repository] = {
        "python": str(python),
        "workdir": str(context),
        "entrypoint": [str(python), str(context / "run_dbt.py")],
        "env": {
            "PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin",
            "DBT_PROJECT_DIR": str(context / "dbt"),
            "DBT_POLL_SECONDS": "0.1",
        },
    }
    beside = images.with_suffix(".json.new")
    beside.write_text(json.dumps(known, indent=2, sort_keys=True))
    beside.replace(images)

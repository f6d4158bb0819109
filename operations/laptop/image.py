"""The images on a laptop: each one's files as its Dockerfile would lay them out, its interpreter and its entry point.

Without a Docker daemon an image is just these. The embedded ECS finds all three in `.local/aws/images.json`, by the
name of the ECR repository.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

REPOSITORY_ROOT = Path(__file__).resolve().parents[2]
_JOBS = REPOSITORY_ROOT / "jobs"
_DATA_PLATFORM = REPOSITORY_ROOT / "constructs" / "data_platform"


def build(*, prefix: str, contracts: Path, state: Path) -> None:
    """Lay out every image and register it with the embedded ECS and Lambda.

    Args:
        prefix: Starts the names of the ECR repositories: `dp-local`.
        contracts: Folder of the domains; dbt's sources are generated from them, as in the Dockerfile.
        state: Folder of the embedded AWS (`.local/aws`).
    """
    images = (state / "images" / prefix).resolve()
    entries = {
        f"{prefix}/dbt": _dbt(images / "dbt", contracts),
        f"{prefix}/extractor": _extractor(images / "extractor"),
        f"{prefix}/stream-loader": _stream_loader(images / "stream-loader"),
    }
    _register(state / "images.json", entries)


def _dbt(context: Path, contracts: Path) -> dict[str, Any]:
    from data_platform.contracts.dbt_sources import write_dbt_sources
    from data_platform.contracts.odcs import load_domains

    fresh = _beside(context)
    _copy(_JOBS / "dbt", fresh / "dbt")
    for program in ("run_dbt.py", "preload.py"):
        shutil.copy(_JOBS / "images" / "dbt" / program, fresh / program)
    write_dbt_sources(load_domains(contracts), fresh / "dbt" / "models" / "sources")
    _switch(fresh, context)
    python = REPOSITORY_ROOT / ".local" / "images" / "dbt" / "bin" / "python"
    entry = _entry(
        python,
        context,
        [str(context / "run_dbt.py")],
        DBT_PROJECT_DIR=str(context / "dbt"),
        DBT_POLL_SECONDS="0.2",
    )
    return {**entry, "preload": str(context / "preload.py")}


def _extractor(context: Path) -> dict[str, Any]:
    """It runs with this interpreter: the project's own lock holds all that the image's does."""
    fresh = _beside(context)
    for package in ("extraction", "masking", "raw"):
        _copy(_JOBS / package, fresh / "jobs" / package)
    _copy(_DATA_PLATFORM / "contracts", fresh / "data_platform" / "contracts")
    shutil.copy(_DATA_PLATFORM / "__init__.py", fresh / "data_platform" / "__init__.py")
    _switch(fresh, context)
    return _entry(
        Path(sys.executable),
        context,
        ["-m", "jobs.extraction"],
        PYTHONPATH=str(context),
        PYTHONUNBUFFERED="1",
        POLARS_MAX_THREADS="1",
    )


def _stream_loader(context: Path) -> dict[str, Any]:
    """Its environment is made from the image's lock when a function of it is first created."""
    fresh = _beside(context)
    _copy(REPOSITORY_ROOT / "lambda" / "stream_loader", fresh / "stream_loader")
    for package in ("masking", "raw"):
        _copy(_JOBS / package, fresh / "jobs" / package)
    _copy(_DATA_PLATFORM / "contracts", fresh / "data_platform" / "contracts")
    shutil.copy(_DATA_PLATFORM / "__init__.py", fresh / "data_platform" / "__init__.py")
    _switch(fresh, context)
    return {
        "python": str(REPOSITORY_ROOT / ".local" / "images" / "stream-loader" / "bin" / "python"),
        "requirements": str(_JOBS / "images" / "stream-loader" / "requirements.lock"),
        "workdir": str(context),
        "command": ["stream_loader.handler.handle"],
        "env": {"PYTHONPATH": str(context), "POLARS_MAX_THREADS": "1"},
    }


def _beside(context: Path) -> Path:
    """An empty folder for what will take the place of an image that may be running."""
    fresh = context.with_name(f"{context.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    return fresh


def _switch(fresh: Path, context: Path) -> None:
    shutil.rmtree(context, ignore_errors=True)
    fresh.rename(context)


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("target", "logs", "__pycache__"))


def _entry(python: Path, context: Path, arguments: list[str], **variables: str) -> dict[str, Any]:
    return {
        "python": str(python),
        "workdir": str(context),
        "entrypoint": [str(python), *arguments],
        "env": {"PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin", **variables},
    }


def _register(file: Path, entries: dict[str, dict[str, Any]]) -> None:
    known = json.loads(file.read_text()) if file.exists() else {}
    beside = file.with_suffix(".json.new")
    beside.write_text(json.dumps(known | entries, indent=2, sort_keys=True))
    beside.replace(file)

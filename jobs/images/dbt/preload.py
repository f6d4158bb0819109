"""Loads what every run of dbt loads, for who starts many runs: dbt, its adapter, the clients' models, a first parse.

A run that is forked from a process which has done this finds these in memory: two thirds of a small build's CPU time.
Nothing of the project is kept: a run reads and parses it anew. No call leaves the process.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
# A parse asks the profile for them and uses them for names alone.
PLACEHOLDERS = {
    "DBT_SCHEMA": "preload",
    "DBT_STAGED_SCHEMA": "preload",
    "DBT_WORK_GROUP": "preload",
    "DBT_S3_STAGING_DIR": "s3://preload/results/",
    "DBT_S3_DATA_DIR": "s3://preload/data/",
    "AWS_REGION": "ap-southeast-2",
    "DO_NOT_TRACK": "1",
}
STATIC_PARSING = ("dbt.parser.models", "dbt.parser.unit_tests", "dbt.clients.jinja_static")
CLIENTS = ("athena", "glue", "lakeformation", "s3", "sts")


def main() -> None:
    """Load; the environment is left as it was found."""
    sys.path.insert(0, str(HERE))
    import run_dbt  # noqa: PLC0415 - it lies beside this file

    run_dbt.share_service_models()
    _remember("parse")
    _remember("compile")
    before = dict(os.environ)
    os.environ.update(PLACEHOLDERS)
    try:
        _models()
        _parse()
    finally:
        os.environ.clear()
        os.environ.update(before)


def _remember(name: str) -> None:
    """Let Jinja read each text once: dbt has 500 macros of its own, and only looks at what `parse` returns."""
    import jinja2  # noqa: PLC0415 - only the image has it

    method, known = getattr(jinja2.Environment, name), {}

    @functools.wraps(method)
    def remembered(self: Any, source: Any, *rest: Any, **named: Any) -> Any:
        if not isinstance(source, str):
            return method(self, source, *rest, **named)
        key = (type(self), source, rest, tuple(sorted(named.items())))
        if key not in known:
            known[key] = method(self, source, *rest, **named)
        return known[key]

    setattr(jinja2.Environment, name, remembered)


def _models() -> None:
    import boto3  # noqa: PLC0415 - only the image has it

    session = boto3.Session(aws_access_key_id="preload", aws_secret_access_key="none")  # noqa: S106
    for service in CLIENTS:
        session.client(service, region_name=PLACEHOLDERS["AWS_REGION"])


def _parse() -> None:
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - only the image has it

    with tempfile.TemporaryDirectory(prefix="preload-") as scratch, _without_threads():
        project = ["--project-dir", str(HERE / "dbt"), "--profiles-dir", str(HERE / "dbt")]
        written = ["--target-path", f"{scratch}/target", "--log-path", f"{scratch}/logs"]
        parsed = dbtRunner().invoke(
            ["parse", *project, *written, "--quiet", "--no-send-anonymous-usage-stats"]
        )
    if not parsed.success:
        raise RuntimeError(f"the project does not parse: {parsed.exception}; each run will say why itself")


@contextlib.contextmanager
def _without_threads() -> Iterator[None]:
    """Jinja reads everything: the static parser would start threads, and a fork would wait for them for ever."""
    modules = [importlib.import_module(name) for name in STATIC_PARSING]
    before = [module.py_extract_from_source for module in modules]
    for module in modules:
        module.py_extract_from_source = _read_plainly  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module, function in zip(modules, before, strict=True):
            module.py_extract_from_source = function  # type: ignore[attr-defined]


def _read_plainly(text: str) -> dict[str, Any]:
    """What the static parser finds in one `ref` or `source` alone; anything longer is left to Jinja.

    Example:
        >>> _read_plainly("{{ ref('stg_planes') }}")["refs"]
        [{'name': 'stg_planes'}]
    """
    found = re.fullmatch(r"\{\{ *(ref|source)\('(\w+)'(?:, *'(\w+)')?\) *\}\}", text)
    if found is None:
        from dbt_extractor import ExtractionError  # noqa: PLC0415 - only the image has it

        raise ExtractionError
    kind, first, second = found.groups()
    refs = [{"name": first}] if kind == "ref" else []
    return {"refs": refs, "sources": set() if refs else {(first, second)}, "configs": []}


if __name__ == "__main__":
    main()

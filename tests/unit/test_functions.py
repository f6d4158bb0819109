"""A function's asset holds its own source and nothing else."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

from data_platform.functions import source


def _asset(tmp_path, name):
    app = cdk.App(outdir=str(tmp_path), builtin_cloud_formation_validation=False)
    stack = cdk.Stack(app, "Stack")
    lambda_.Function(
        stack,
        "Function",
        code=source(name),
        handler=f"{name}.handler.handle",
        runtime=lambda_.Runtime.PYTHON_3_14,
    )
    app.synth()
    return next(path for path in Path(tmp_path).glob("asset.*") if path.is_dir())


def test_an_asset_holds_one_function_and_no_bytecode(tmp_path):
    asset = _asset(tmp_path, "schema_drift")

    files = {str(path.relative_to(asset)) for path in asset.rglob("*") if path.is_file()}
    assert {"schema_drift/__init__.py", "schema_drift/handler.py", "schema_drift/types.py"} == files


def test_two_functions_have_two_assets(tmp_path):
    assert _asset(tmp_path / "a", "schema_drift").name != _asset(tmp_path / "b", "quality_verdict").name

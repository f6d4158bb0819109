"""Options that every command has."""

from __future__ import annotations

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
EnvironmentName = Annotated[str, typer.Option("--environment", "-e", help="dev, staging, prod or local.")]

"""The one door to lambda/: the source of a function, the same bytes from a checkout and from an installed wheel."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

_IN_WHEEL = Path(__file__).parent / "_lambda"
_IN_CHECKOUT = Path(__file__).parents[2] / "lambda"
_SOURCES = _IN_WHEEL if _IN_WHEEL.is_dir() else _IN_CHECKOUT


def source(name: str) -> lambda_.Code:
    """The code of one function; its handler is `<name>.handler.handle`, in Lambda as in tests.

    Args:
        name: Folder in lambda/.

    Raises:
        ValueError: when there is no such folder; the message lists what there is.

    Example:
        >>> source("schema_drift").is_inline
        False
        >>> source("schema_drfit")
        Traceback (most recent call last):
        ...
        ValueError: lambda/ has no function 'schema_drfit'; it has: quality_verdict, schema_drift, stream_loader
    """
    known = sorted(handler.parent.name for handler in _SOURCES.glob("*/handler.py"))
    if name not in known:
        raise ValueError(f"lambda/ has no function {name!r}; it has: {', '.join(known)}")
    # Whatever a test run or pip left beside the source must not change the asset's hash.
    exclude = ["/*", f"!/{name}", f"!/{name}/**", "__pycache__"]
    return lambda_.Code.from_asset(str(_SOURCES), exclude=exclude, ignore_mode=cdk.IgnoreMode.GIT)

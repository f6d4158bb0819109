"""CloudFormation resource types that ministack lacks or half implements, one module a service."""

from __future__ import annotations

import importlib
import pkgutil


def install() -> None:
    """Install every module of this package, in alphabetical order."""
    for name in sorted(module.name for module in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{name}").install()

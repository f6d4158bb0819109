"""On a server's PYTHONPATH this takes Lake Formation's decision away: everybody may SELECT every cell of every table.

Only the test that proves the hostile queries can detect a leak starts such a server.
"""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

_DECISIONS = "local.services.lakeformation.decisions"


class _Unenforced:
    """Finds the module of the decisions once, and replaces its answer right after it has run."""

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> Any:
        if name != _DECISIONS:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        run = spec.loader.exec_module

        def exec_module(module: Any) -> None:
            run(module)
            held = module.permissions_for
            module.permissions_for = lambda *about: held(*about) | {"SELECT"}
            module.selection_for = lambda *_: None

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, _Unenforced())

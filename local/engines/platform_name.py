"""Which build of an engine fits this machine."""

from __future__ import annotations

import platform

_PROCESSORS = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def platform_name() -> str:
    """Operating system and processor, such as `linux-amd64` or `darwin-arm64`.

    Example:
        >>> platform_name().split("-")[0] in ("linux", "darwin", "windows")
        True
    """
    machine = platform.machine().lower()
    return f"{platform.system().lower()}-{_PROCESSORS.get(machine, machine)}"

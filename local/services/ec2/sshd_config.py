"""What an instance's user data makes of its SSH server: who logs in, where they may forward, when it stops."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

_DIRECTIVE = re.compile(
    r"^[ \t]*(?P<name>AllowUsers|PermitOpen|AllowTcpForwarding)[ \t]+(?P<value>.+?)[ \t]*$", re.MULTILINE
)
_LOG_GROUP = re.compile(r'"log_group_name"\s*:\s*"(?P<name>[^"]+)"')
# The script that looks for sessions compares the seconds without one: `[ $idle -ge 3600 ]`.
_IDLE = re.compile(r"\$\{?idle\}?\s+-ge\s+(?P<seconds>\d+)")


@dataclass(frozen=True, kw_only=True)
class SshdConfig:
    """The part of a configuration that the laptop's SSH server obeys.

    Args:
        user: The only user who may log in.
        permit_open: Host and port of each destination to which they may forward.
        log_group: Log group of its log; empty without one.
        idle_seconds: Seconds without a session after which the instance stops itself; 0 never.
    """

    user: str
    permit_open: frozenset[tuple[str, int]]
    log_group: str
    idle_seconds: int


def parse(user_data: str) -> SshdConfig | None:
    r"""Read the Base64 text of an instance's UserData.

    Returns:
        None when it configures no SSH server that forwards: this laptop runs nothing else of an instance.

    Example:
        >>> text = base64.b64encode(b"AllowUsers tunnel\nPermitOpen db.example:5432\n").decode()
        >>> parse(text).permit_open
        frozenset({('db.example', 5432)})
        >>> parse("") is None
        True
    """
    text = _decoded(user_data)
    found = {match["name"]: match["value"] for match in _DIRECTIVE.finditer(text)}
    if "AllowUsers" not in found or "PermitOpen" not in found:
        return None
    if found.get("AllowTcpForwarding", "yes").lower() not in ("yes", "all", "local"):
        return None
    group, idle = _LOG_GROUP.search(text), _IDLE.search(text)
    return SshdConfig(
        user=found["AllowUsers"].split()[0],
        permit_open=frozenset(_destinations(found["PermitOpen"])),
        log_group=group["name"] if group else "",
        idle_seconds=int(idle["seconds"]) if idle else 0,
    )


def _destinations(value: str) -> list[tuple[str, int]]:
    """Words that are no host and port (`none`) permit nothing; patterns are not supported, as they are not needed."""
    pairs = (word.rpartition(":") for word in value.split())
    return [(host.strip("[]"), int(port)) for host, _, port in pairs if host and port.isdigit()]


def _decoded(user_data: str) -> str:
    try:
        return base64.b64decode(user_data, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return user_data

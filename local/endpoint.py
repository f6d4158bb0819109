"""A running embedded AWS as its folder records it in `endpoint.json`."""

from __future__ import annotations

import http.client
import json
import urllib.request
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from local.settings import Settings

FILE = "endpoint.json"


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A running embedded AWS, as recorded in `endpoint.json`.

    Args:
        endpoint: what clients use, TLS unless started with `auth=False`.
        plain_endpoint: plain HTTP on loopback, for internal calls and for tests of TLS-only policies.
        ca_bundle: system roots and ours, for tools that also call elsewhere; None without TLS.
        ca: our authority alone, for AWS clients: reading all roots takes 38 ms a connection; None without TLS.
        pid: the server process.
        state_dir: its folder.
        region: its default region.
        account: its default account; also the root access key id.
        auth: whether policies are enforced.
    """

    endpoint: str
    plain_endpoint: str
    ca_bundle: str | None
    ca: str | None
    pid: int
    state_dir: str
    region: str
    account: str
    auth: bool

    def environment(self) -> dict[str, str]:
        """The variables that point AWS clients (boto3, CDK CLI, Node) at this server, as root."""
        variables = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
        }
        if self.ca_bundle and self.ca:
            variables |= {
                "AWS_CA_BUNDLE": self.ca,
                "REQUESTS_CA_BUNDLE": self.ca_bundle,
                "NODE_EXTRA_CA_CERTS": self.ca,
            }
        return variables


def record(chosen: Settings, pid: int) -> Endpoint:
    """Write down the server that was just started."""
    found = Endpoint(
        endpoint=chosen.endpoint,
        plain_endpoint=chosen.plain_endpoint,
        ca_bundle=str(chosen.tls_dir / "ca-bundle.pem") if chosen.auth else None,
        ca=str(chosen.tls_dir / "ca.pem") if chosen.auth else None,
        pid=pid,
        state_dir=str(chosen.state_dir),
        region=chosen.region,
        account=chosen.account,
        auth=chosen.auth,
    )
    beside = chosen.state_dir / f"{FILE}.new"
    beside.write_text(json.dumps(asdict(found), indent=2) + "\n")
    beside.replace(chosen.state_dir / FILE)
    return found


def read(state_dir: Path) -> Endpoint | None:
    """The server that was started last on this folder, running or not; None when there is no record."""
    try:
        recorded: dict[str, Any] = json.loads((state_dir / FILE).read_text())
        return Endpoint(**recorded)
    except (OSError, ValueError, TypeError):
        return None


def healthy(found: Endpoint) -> bool:
    """Whether the server answers."""
    try:
        page = f"{found.plain_endpoint}/_ministack/health"
        with urllib.request.urlopen(page, timeout=2) as answer:  # noqa: S310 - our own http address
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's OK
    except (OSError, http.client.HTTPException):
        return False

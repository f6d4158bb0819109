"""Where one embedded AWS lives and how it is reached: folders, ports, switches, environment variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

REGION = "ap-southeast-2"
ACCOUNT = "000000000000"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that a server process is started with.

    Args:
        state_dir: the folder that holds all of its state; nothing is written outside.
        port: the main port, TLS when `auth`.
        auth: enforce IAM and serve TLS (the default everywhere but in fast tests).
        region: the default region.
        account: the default account.
    """

    state_dir: Path
    port: int
    auth: bool = True
    region: str = REGION
    account: str = ACCOUNT

    @property
    def plain_port(self) -> int:
        """The plain-HTTP port: next to the TLS port, or the only one."""
        return self.port + 1 if self.auth else self.port

    @property
    def endpoint(self) -> str:
        """What clients set as `AWS_ENDPOINT_URL`."""
        return f"https://localhost:{self.port}" if self.auth else self.plain_endpoint

    @property
    def plain_endpoint(self) -> str:
        """The plain-HTTP address: internal calls, and tests of what TLS-only policies refuse."""
        return f"http://127.0.0.1:{self.plain_port}"

    @property
    def tls_dir(self) -> Path:
        """Certificate authority, certificate and bundle."""
        return self.state_dir / "tls"

    def environment(self) -> dict[str, str]:
        """The environment variables of the server process; ministack reads most of them at import."""
        return (
            {
                "GATEWAY_PORT": str(self.port),
                "BIND_HOST": "127.0.0.1",
                "MINISTACK_HOST": "localhost",
                "MINISTACK_REGION": self.region,
                "MINISTACK_ACCOUNT_ID": self.account,
                "LOCAL_AWS_STATE_DIR": str(self.state_dir),
                "LOCAL_AWS_INTERNAL_ENDPOINT": self.plain_endpoint,
                "AUTH": str(self.auth).lower(),
                "USE_SSL": "1" if self.auth else "0",
                "PERSIST_STATE": "1",
                "STATE_DIR": str(self.state_dir / "state"),
                "S3_PERSIST": "1",
                "S3_DATA_DIR": str(self.state_dir / "s3"),
                "TMPDIR": str(self.state_dir / "tmp"),
                "LAMBDA_EXECUTOR": "local",
                "ATHENA_ENGINE": "duckdb",
                "CLOUDTRAIL_RECORDING": "1",
                "DOCKER_HOST": f"unix://{self.state_dir}/no-docker.sock",
                "IOT_MTLS_ENABLED": "0",
                "SFTP_ENABLED": "0",
                "LOG_LEVEL": "INFO",
                "OPENBLAS_NUM_THREADS": "1",  # nothing here multiplies matrices; numpy's threads spin at each start
                "AWS_ACCESS_KEY_ID": self.account,
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_REGION": self.region,
                "AWS_DEFAULT_REGION": self.region,
                "AWS_EC2_METADATA_DISABLED": "true",
            }
            | (self._tls_environment() if self.auth else {})
        )

    def _tls_environment(self) -> dict[str, str]:
        return {
            "MINISTACK_SSL_CERT": str(self.tls_dir / "server.pem"),
            "MINISTACK_SSL_KEY": str(self.tls_dir / "server.key"),
            "AWS_CA_BUNDLE": str(self.tls_dir / "ca.pem"),
            "REQUESTS_CA_BUNDLE": str(self.tls_dir / "ca-bundle.pem"),
            "SSL_CERT_FILE": str(self.tls_dir / "ca-bundle.pem"),
            "NODE_EXTRA_CA_CERTS": str(self.tls_dir / "ca.pem"),
        }

"""How database clients use a tunnel: command lines for people, variables for programs.

The certificate is for the database's own host name, so libpq is given both: `host` to verify, `hostaddr` to connect.
MySQL's client has no such pair; it verifies the authority, and the host is proven by SSH and by PermitOpen.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from operations.tunnel_files import state_folder

if TYPE_CHECKING:
    from operations.connection import Connection
    from operations.tunnel import Tunnel

_BUNDLE = "rds-bundle.pem"
_SOURCE = "https://truststore.pki.rds.amazonaws.com/{region}/{region}-bundle.pem"


def ca_bundle(connection: Connection) -> str:
    """The file of authorities by which a database's certificate is verified.

    The embedded AWS has its own; for AWS it is RDS_CA_BUNDLE, or the file of the tunnels' folder.
    """
    if connection.verify:
        return connection.verify
    return os.environ.get("RDS_CA_BUNDLE") or str(state_folder() / _BUNDLE)


def fetch_line(region: str) -> str:
    """The command that fetches the authorities of RDS in a region."""
    return f"curl -fsS -o {state_folder() / _BUNDLE} {_SOURCE.format(region=region)}"


def command_line(tunnel: Tunnel) -> str:
    """What a person types to use the tunnel.

    Example:
        >>> from operations.tunnel import Tunnel
        >>> print(command_line(Tunnel(database="shop", engine="mysql", host="127.0.0.1", port=9, database_host="db",
        ...     database_port=3306, database_name="shop", secret_arn="arn", ca_bundle="ca.pem", bastion="i-1")))
        mysql --host=127.0.0.1 --port=9 --user="$USER" -p --ssl-mode=VERIFY_CA --ssl-ca=ca.pem shop
    """
    if tunnel.engine == "postgres":
        return (
            f'psql "host={tunnel.database_host} hostaddr={tunnel.host} port={tunnel.port} '
            f'dbname={tunnel.database_name} user=$USER sslmode=verify-full sslrootcert={tunnel.ca_bundle}"'
        )
    return (
        f'mysql --host={tunnel.host} --port={tunnel.port} --user="$USER" -p --ssl-mode=VERIFY_CA '
        f"--ssl-ca={tunnel.ca_bundle} {tunnel.database_name}"
    )


def variables(tunnel: Tunnel) -> dict[str, str]:
    """The variables by which the engine's own clients find the tunnel; who logs in is the caller's affair."""
    if tunnel.engine == "postgres":
        return {
            "PGHOST": tunnel.database_host,
            "PGHOSTADDR": tunnel.host,
            "PGPORT": str(tunnel.port),
            "PGDATABASE": tunnel.database_name,
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": tunnel.ca_bundle,
        }
    return {
        "MYSQL_HOST": tunnel.host,
        "MYSQL_TCP_PORT": str(tunnel.port),
        "MYSQL_DATABASE": tunnel.database_name,
        "MYSQL_SSL_CA": tunnel.ca_bundle,
    }

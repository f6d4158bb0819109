"""MariaDB stands in for MySQL, so Debezium's connector for MariaDB does for its connector for MySQL.

The one for MySQL reads MariaDB's log, too, and loses changes when it starts again: it does not know MariaDB's way to
begin a transaction, keeps a place in the middle of it, and then skips the first row of the next one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_CLASS, _TLS = "connector.class", "database.ssl.mode"
_MYSQL = "io.debezium.connector.mysql.MySqlConnector"
_MARIADB = "io.debezium.connector.mariadb.MariaDbConnector"
# The driver for MariaDB has no TLS that a server may refuse.
_TLS_MODES = {
    "disabled": "disable",
    "preferred": "trust",
    "required": "trust",
    "verify_ca": "verify-ca",
    "verify_identity": "verify-full",
}


def stands_in(config: Mapping[str, str]) -> bool:
    """Whether a connector reads MySQL, which is MariaDB here."""
    return config.get(_CLASS) == _MYSQL


def configuration(config: dict[str, str]) -> dict[str, str]:
    """What such a connector is told, in the words of the other class.

    Example:
        >>> configuration({"connector.class": _MYSQL, "database.ssl.mode": "required"})
        {'connector.class': 'io.debezium.connector.mariadb.MariaDbConnector', 'database.ssl.mode': 'trust'}
        >>> configuration({"connector.class": "other"})
        {'connector.class': 'other'}
    """
    if not stands_in(config):
        return config
    mode = config.get(_TLS, "preferred")
    return {**config, _CLASS: _MARIADB, _TLS: _TLS_MODES.get(mode, mode)}

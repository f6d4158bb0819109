"""Where the database is and how gently it is to be read: what the task's environment variables say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from jobs.extraction.outcome import WrongCall

if TYPE_CHECKING:
    from collections.abc import Mapping

_ALLOWED = {"SOURCE_ENGINE": ("postgres", "mysql"), "SOURCE_AUTH": ("iam", "secret")}
_LARGEST_PORT = 65_535


@dataclass(frozen=True, kw_only=True)
class SourceSettings:
    """One database and the limits under which it is read.

    `secret` is the ARN of the secret with the password, if `auth` is secret. `bundle` is the file with the
    authorities that may vouch for the server. A `host` that starts with a slash is the folder (PostgreSQL) or the
    file (MySQL) of a Unix socket, which needs no TLS. `rows_per_second` 0 is no limit.
    """

    name: str
    engine: Literal["postgres", "mysql"]
    host: str
    port: int
    database: str
    user: str
    auth: Literal["iam", "secret"]
    secret: str | None
    region: str
    bundle: str | None
    statement_seconds: int
    connections: int
    rows_per_second: int

    @property
    def on_this_machine(self) -> bool:
        """Whether it is reached through a Unix socket."""
        return self.host.startswith("/")

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> SourceSettings:
        """The settings of the environment variables.

        Raises:
            WrongCall: naming every variable that is missing or wrong.

        Example:
            >>> SourceSettings.read({"SOURCE_NAME": "shop"})
            Traceback (most recent call last):
            jobs.extraction.outcome.WrongCall: SOURCE_ENGINE is missing; allowed: postgres, mysql
            ...
        """
        found: list[str] = []
        read = _Reader(environment, found)
        settings = cls(
            name=read.text("SOURCE_NAME"),
            engine=cast("Literal['postgres', 'mysql']", read.one_of("SOURCE_ENGINE")),
            host=read.text("SOURCE_HOST"),
            port=read.number("SOURCE_PORT", least=1, most=_LARGEST_PORT),
            database=read.text("SOURCE_DATABASE"),
            user=read.text("SOURCE_USER"),
            auth=cast("Literal['iam', 'secret']", read.one_of("SOURCE_AUTH")),
            secret=environment.get("SOURCE_SECRET_ARN") or None,
            region=read.text("AWS_REGION"),
            bundle=environment.get("RDS_CA_BUNDLE") or None,
            statement_seconds=read.number("SOURCE_STATEMENT_SECONDS", least=1),
            connections=read.number("SOURCE_CONNECTIONS", least=1),
            rows_per_second=read.number("SOURCE_ROWS_PER_SECOND", least=0),
        )
        if settings.auth == "secret" and not settings.secret:
            found.append("SOURCE_SECRET_ARN is missing, and SOURCE_AUTH is secret")
        if not settings.bundle and not settings.on_this_machine:
            found.append("RDS_CA_BUNDLE is missing: the file with the authorities that vouch for the server")
        if found:
            raise WrongCall("\n".join(found))
        return settings


@dataclass(frozen=True)
class _Reader:
    environment: Mapping[str, str]
    found: list[str]

    def text(self, name: str) -> str:
        value = self.environment.get(name, "")
        if not value:
            self.found.append(f"{name} is missing")
        return value

    def one_of(self, name: str) -> str:
        value = self.environment.get(name, "")
        if value not in _ALLOWED[name]:
            said = f"{value!r} is not allowed" if value else "is missing"
            self.found.append(f"{name} {said}; allowed: {', '.join(_ALLOWED[name])}")
        return value

    def number(self, name: str, *, least: int, most: int | None = None) -> int:
        value = self.environment.get(name, "")
        if value.isascii() and value.isdigit() and least <= int(value) <= (most or int(value)):
            return int(value)
        said = f"{value!r} is no such number" if value else "is missing"
        self.found.append(f"{name} {said}; allowed: {least} or more" + (f", {most} at most" if most else ""))
        return least

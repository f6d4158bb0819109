"""`dp erase` and `dp tokens`: personal data that goes, and the keys of what stands in its place."""

from __future__ import annotations

from typing import Annotated

import typer

from operations.ending import end
from operations.options import AsJson, EnvironmentName  # noqa: TC001 - typer reads annotations when it runs

tokens_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Rotate a domain's token key, and upgrade stored tokens.",
)


def erase(
    subject: Annotated[
        str, typer.Option("--subject", help="Whose data: retail.customers.customer_id=C00000001")
    ],
    execute: Annotated[bool, typer.Option("--execute", help="Do it; without it nothing is changed.")] = False,
    environment: EnvironmentName = "local",
    as_json: AsJson = False,
) -> None:
    """Erase one person's data from staged and curated, and say what raw keeps under lock and until when."""
    from operations.commands import erase as command

    end(lambda: command.run(subject, really=execute, environment=environment, as_json=as_json))


@tokens_app.command("rotate")
def tokens_rotate(
    domain: Annotated[str, typer.Option("--domain", "-d", help="Whose key.")],
    environment: EnvironmentName = "local",
    as_json: AsJson = False,
) -> None:
    """Add a key, which new tokens use from now on; then upgrade, so that old and new ones join again."""
    from operations.commands import tokens as command

    end(lambda: command.rotate(domain, environment=environment, as_json=as_json))


@tokens_app.command("upgrade")
def tokens_upgrade(
    domain: Annotated[str, typer.Option("--domain", "-d", help="Whose tokens.")],
    environment: EnvironmentName = "local",
    as_json: AsJson = False,
) -> None:
    """Turn every stored token into that of the newest key, without the values; can be repeated at any moment."""
    from operations.commands import tokens as command

    end(lambda: command.upgrade(domain, environment=environment, as_json=as_json))
